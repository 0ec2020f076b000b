import { always, numbered, type Scenario } from './scenario.ts';

/** Interactions: how many there are, what happens to them while they are listed, and what single ones answer. */
export const interactionScenarios: Readonly<Record<string, Scenario>> = {
  'closed-interactions': numbered(
    'interactions',
    40,
    'So many interactions close on each day.',
    (perDay) => ({
      interactions: { perDay },
    }),
  ),
  'closed-at-once': numbered(
    'interactions',
    250,
    'So many interactions of a day have one and the same updatedTime.',
    (atOnce) => ({ interactions: { atOnce } }),
  ),
  'closed-move': numbered(
    'interactions',
    1,
    'With every page so many move to the top of the list.',
    (moves) => ({
      interactions: { moves },
    }),
  ),
  'closed-more': numbered('interactions', 1, 'With every page so many more close.', (closes) => ({
    interactions: { closes },
  })),
  'closed-deleted': numbered('interactions', 1, 'With every page so many are deleted.', (deletes) => ({
    interactions: { deletes },
  })),
  'interaction-missing': numbered(
    'interactions',
    1,
    '404 to the detail of a day’s first interactions.',
    (missing) => ({
      interactions: { missing },
    }),
  ),
  'interaction-restricted': numbered(
    'interactions',
    1,
    '403 to the detail of a day’s first interactions.',
    (restricted) => ({ interactions: { restricted } }),
  ),
  'interaction-broken': numbered(
    'interactions',
    1,
    '500 to every detail call about a day’s first interactions.',
    (broken) => ({ interactions: { broken } }),
  ),
  'custom-field-missing': always('The custom field archival_status does not exist: 400.', {
    interactions: { field: 'missing' },
  }),
  'custom-field-read-only': always('The custom field archival_status cannot be written: 403.', {
    interactions: { field: 'readOnly' },
  }),
  'custom-field-quiet': always('Writing the custom field does not move updatedTime.', {
    interactions: { ownWritesMove: false },
  }),
  'media-missing': numbered(
    'interactions',
    5,
    '404 to the media of a day’s first interactions.',
    (mediaMissing) => ({
      interactions: { mediaMissing },
    }),
  ),
  'media-expired': numbered(
    'interactions',
    5,
    '410 to the media of a day’s next interactions.',
    (mediaExpired) => ({
      interactions: { mediaExpired },
    }),
  ),
  'media-forbidden': numbered(
    'interactions',
    5,
    '403 to the media of a day’s next interactions.',
    (mediaForbidden) => ({
      interactions: { mediaForbidden },
    }),
  ),
};
