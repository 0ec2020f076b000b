import { dataCalls, faulty, numbered, type Scenario, serverErrors, throttled } from './scenario.ts';

/** Throttling, errors and connections. */
export const faultScenarios: Readonly<Record<string, Scenario>> = {
  'throttle-seconds': faulty(
    'throttle-seconds',
    2,
    dataCalls,
    throttled({ form: 'seconds', seconds: 30 }),
    '429 with Retry-After: 30.',
  ),
  'throttle-date': faulty(
    'throttle-date',
    2,
    dataCalls,
    throttled({ form: 'date', seconds: 45 }),
    '429 with Retry-After as a date 45 seconds ahead.',
  ),
  'throttle-silent': faulty(
    'throttle-silent',
    2,
    dataCalls,
    throttled(undefined),
    '429 without Retry-After.',
  ),
  'throttle-long': faulty(
    'throttle-long',
    1,
    dataCalls,
    throttled({ form: 'seconds', seconds: 90_000 }),
    '429 with a Retry-After of 25 hours.',
  ),
  'server-errors': faulty(
    'server-errors',
    2,
    dataCalls,
    { act: 'answer', statuses: serverErrors, retryAfter: undefined, page: 'json' },
    '500, 502, 503, 504 in turn, with JSON bodies.',
  ),
  'html-errors': faulty(
    'html-errors',
    2,
    dataCalls,
    { act: 'answer', statuses: [502, 503], retryAfter: undefined, page: 'html' },
    '502 and 503 with a page of HTML from a proxy.',
  ),
  blocked: numbered(
    'seconds',
    900,
    'The address is blocked from the first poll on: 403 with HTML.',
    (seconds) => ({
      faults: [{ name: 'blocked', on: ['status'], times: 1, effect: { act: 'block', seconds } }],
    }),
  ),
  reset: numbered(
    'calls of each kind',
    1,
    'Connections reset half-way, then before the answer.',
    (times) => ({
      faults: [
        { name: 'reset', on: dataCalls, times, effect: { act: 'spoil', how: 'reset' } },
        { name: 'reset', on: dataCalls, times, effect: { act: 'reset-before' } },
      ],
    }),
  ),
  'lost-reply': faulty(
    'lost-reply',
    1,
    ['submit'],
    { act: 'lost-reply' },
    'The POST is accepted and the connection reset before the answer.',
  ),
  'short-body': faulty(
    'short-body',
    1,
    ['download', 'report'],
    { act: 'spoil', how: 'short' },
    'Fewer bytes than Content-Length.',
  ),
  'clean-short': faulty(
    'clean-short',
    1,
    ['download', 'report'],
    { act: 'spoil', how: 'clean-short' },
    'A body without Content-Length that ends cleanly, but short of the file size.',
  ),
  'corrupt-body': faulty(
    'corrupt-body',
    1,
    ['download'],
    { act: 'spoil', how: 'corrupt' },
    'A body of the right length with one bit flipped.',
  ),
  'rate-limit': numbered('calls', 60, '429 to calls beyond so many in any 60 seconds.', (perMinute) => ({
    limits: { perMinute },
  })),
  unforgiving: numbered(
    'calls',
    3,
    'The address is blocked for 15 minutes after so many calls that ignore a Retry-After.',
    (patience) => ({ limits: { patience } }),
  ),
  'fault-rate': numbered(
    'share of calls',
    0.05,
    'Faults of all kinds, drawn by seed.',
    (faultRate) => ({ limits: { faultRate } }),
    1,
  ),
};
