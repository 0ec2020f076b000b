import { always, numbered, type Scenario } from './scenario.ts';

const records = (name: string, usual: number, sentence: string) =>
  numbered('records', usual, sentence, (value) => ({ analytics: { [name]: value } }));

/** What analytics exports hold, and how their pages come. */
export const analyticsScenarios: Readonly<Record<string, Scenario>> = {
  interactions: records('interactions', 2_000, 'A day of so many interactions.'),
  'interactions-repeated': records('repeated', 20, 'Interactions that come twice, to the letter.'),
  'interactions-outdated': records('outdated', 10, 'Older records of interactions that come again, changed.'),
  'interactions-lacking': records('lacking', 5, 'Interactions without queueId and wrapTime.'),
  'interactions-early': records('early', 3, 'Interactions that start before the range.'),
  'interactions-shuffled': always('Interactions do not come in the order of their start.', {
    analytics: { shuffled: true },
  }),
  'new-fields': numbered('fields', 2, 'Fields that nobody asked for, in every interaction.', (newFields) => ({
    analytics: { newFields },
  })),
  'range-too-wide': numbered('days', 30, '504 to submissions of more days.', (widestDays) => ({
    analytics: { widestDays },
  })),
  'range-too-large': numbered('days', 30, '400 for size to submissions of more days.', (largestDays) => ({
    analytics: { largestDays },
  })),
  'malformed-page': numbered('page', 2, 'A page is JSON, but not { "data": [ … ] }.', (malformedPage) => ({
    analytics: { malformedPage },
  })),
  'cursor-repeats': numbered('page', 2, 'A page names itself as the next one.', (repeatedCursor) => ({
    analytics: { repeatedCursor },
  })),
  'export-gone': numbered(
    'exports',
    1,
    'The first exports are gone when their second page is asked for: 404.',
    (goneWhilePaging) => ({ analytics: { goneWhilePaging } }),
  ),
  'page-size': numbered(
    'records',
    100,
    'Pages hold no more records, whatever is asked for.',
    (largestPage) => ({
      analytics: { largestPage: Math.max(1, largestPage) },
    }),
  ),
};
