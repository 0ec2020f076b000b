import { always, faulty, numbered, type Scenario } from './scenario.ts';

/** Data actions: how many there are, how they are listed, and who else writes them. */
export const actionScenarios: Readonly<Record<string, Scenario>> = {
  actions: numbered('actions', 57, 'There are so many data actions.', (count) => ({ actions: { count } })),
  'action-versions': always('Every data action has a version: a write of an old one is answered with 409.', {
    actions: { versions: 'all' },
  }),
  'no-action-versions': always('No data action has a version: a write of an old copy is taken.', {
    actions: { versions: 'none' },
  }),
  'action-filter-ignored': always('The filter by name is ignored: all data actions are listed.', {
    actions: { filters: false },
  }),
  'action-pages-small': numbered(
    'actions',
    10,
    'A page lists at most so many, whatever is asked for.',
    (most) => ({
      actions: { largestPage: Math.max(1, most) },
    }),
  ),
  'action-created': numbered(
    'pages',
    1,
    'With the first pages a data action is created each.',
    (created) => ({
      actions: { created },
    }),
  ),
  'action-twice': numbered('names', 1, 'So many names are borne by two data actions.', (twice) => ({
    actions: { twice },
  })),
  'action-gone': numbered('actions', 1, 'The first data actions are listed, and 404 when read.', (gone) => ({
    actions: { gone },
  })),
  'action-broken': numbered('actions', 1, '500 to every call about the first data actions.', (broken) => ({
    actions: { broken },
  })),
  'action-refused': numbered('actions', 1, '422 to every write of the first data actions.', (refused) => ({
    actions: { refused },
  })),
  'second-writer': numbered(
    'share of actions',
    0.05,
    'Somebody else changes such a share of data actions, each once, right after it has been read.',
    (contested) => ({ actions: { contested, contest: 'afterRead' } }),
    1,
  ),
  'late-writer': numbered(
    'share of actions',
    0.05,
    'Somebody else changes such a share of data actions, each once, right after it has been written.',
    (contested) => ({ actions: { contested, contest: 'afterWrite' } }),
    1,
  ),
  'stale-writer': numbered(
    'share of actions',
    0.05,
    'Somebody else puts an old copy of such a share of data actions back, each once, right after it has been written.',
    (contested) => ({ actions: { contested, contest: 'putBack' } }),
    1,
  ),
  'restless-writer': numbered(
    'changes',
    1000,
    'Other writers change each data action so often.',
    (contests) => ({
      actions: { contests },
    }),
  ),
  'action-lossy': always('A write is answered with 200, and a field of it is lost.', {
    actions: { lossy: true },
  }),
  'action-blocked': numbered(
    'seconds',
    900,
    'The address is blocked from the first reading of a data action on: 403 with HTML.',
    (seconds) => ({
      faults: [{ name: 'action-blocked', on: ['read'], times: 1, effect: { act: 'block', seconds } }],
    }),
  ),
  'lost-write': faulty(
    'lost-write',
    1,
    ['replace'],
    { act: 'lost-reply' },
    'A write is carried out and the connection reset before the answer.',
  ),
};
