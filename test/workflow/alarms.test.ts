import { afterAll, describe, expect, it } from 'vitest';
import { METRICS_NAMESPACE } from '../../lambdas/model/metrics.ts';
import { ALARMS, type AlarmKind } from '../../lib/operations/alarms.ts';
import { type Datapoint, stateOf, toldIn } from '../support/alarm-evaluation.ts';
import { type Night, prepareNights } from '../support/night.ts';
import { openReceiver, SIGNING_SECRET } from '../support/webhook-receiver.ts';

const SMALL = { rows: 100, parts: 2 };
const nights = await prepareNights({
  simulator: SMALL,
  cdr: { thresholds: { rejects: 0.5 } },
  lake: { alarms: { throttledSeconds: 20 } },
});
/** The first day is fixed two weeks before the first night. */
const begun = await prepareNights({ simulator: SMALL, cdr: { startDate: '2024-05-01' } });
/** An archive, and data actions. */
const kept = await prepareNights({
  pipeline: 'interaction-archive',
  pipelines: { archive: {}, dataActions: { schedule: { cron: '0 4 * * ? *' } } },
});
/** Commits are delivered to a receiver that is there where a scenario says nothing else. */
const receiver = await openReceiver();
const told = await prepareNights({
  simulator: SMALL,
  webhook: {
    url: receiver.url,
    certificateAuthority: receiver.certificateAuthority,
    networks: ['127.0.0.0/8'],
    tries: 3,
  },
});

afterAll(async () => {
  await nights.close();
  await begun.close();
  await told.close();
  await kept.close();
  await receiver.close();
});

/** The states of all alarms on metrics of ours, by their titles. */
function alarmsOf(night: Night): Record<string, string> {
  const told = toldIn(night.folder);
  const ours = night.platform.assembly.alarms.filter(({ metric }) => metric?.namespace === METRICS_NAMESPACE);
  return Object.fromEntries(ours.map((alarm) => [alarm.name.split(': ')[1] ?? '', stateOf(alarm, told)]));
}

const inAlarm = (states: Record<string, string>) =>
  Object.entries(states).flatMap(([title, state]) => (state === 'ALARM' ? [title] : []));

/** What each alarm is there for, done to a night. */
const SCENARIOS: readonly {
  kind: AlarmKind;
  from?: typeof begun;
  happens: (night: Night) => Promise<unknown>;
}[] = [
  { kind: 'notStarted', happens: async () => undefined },
  {
    kind: 'stale',
    from: begun,
    happens: (night) => night.run({ date: '2024-05-01' }),
  },
  {
    kind: 'holes',
    happens: async (night) => {
      await night.run({ date: night.day(3) });
      await night.run({ date: night.day() });
    },
  },
  { kind: 'drift', happens: (night) => withScenarios(night, 'drift:1') },
  { kind: 'rejects', happens: (night) => withScenarios(night, 'rejects:2') },
  { kind: 'secretAge', happens: (night) => afterDays(night, 91) },
  { kind: 'throttled', happens: (night) => withScenarios(night, 'throttle-seconds') },
  {
    kind: 'unavailable',
    from: kept,
    happens: (night) => withScenarios(night, 'closed-interactions:6', 'interaction-missing:1'),
  },
  { kind: 'paused', from: kept, happens: (night) => pausedFor(night, 4) },
  { kind: 'undelivered', from: told, happens: (night) => whileAway(() => night.run()) },
  { kind: 'fewRows', happens: (night) => afterThreeWeeks(night, 30) },
  { kind: 'manyRows', happens: (night) => afterThreeWeeks(night, 300) },
];

/** What the schedule starts a pipeline with. */
function bySchedule({ platform }: Night): { scheduledTime: string } {
  return { scheduledTime: new Date(platform.clock.now()).toISOString() };
}

/** Data actions that somebody has paused, as the schedule starts them so many days later. */
async function pausedFor(night: Night, days: number): Promise<void> {
  await night.operate({ pause: { pipeline: 'data-action-dates', reason: 'maintenance' } });
  await night.pass(days * 86_400_000);
  await night.run(bySchedule(night), undefined, 'data-action-dates');
}

/** A night so many days after the secret was written. */
async function afterDays(night: Night, days: number): Promise<void> {
  await night.pass(days * 86_400_000);
  await night.run({ date: night.day() });
}

function withScenarios(night: Night, ...scenarios: string[]): Promise<unknown> {
  night.simulator.use(scenarios);
  return night.run();
}

/** What was told of metrics since. */
function toldSince(night: Night, before: readonly Datapoint[]): Datapoint[] {
  const known = before.map((datapoint) => JSON.stringify(datapoint));
  return toldIn(night.folder).filter((datapoint) => {
    const at = known.indexOf(JSON.stringify(datapoint));
    if (at >= 0) known.splice(at, 1);
    return at < 0;
  });
}

/** The receiver answers 503 meanwhile. */
async function whileAway<Result>(happens: () => Promise<Result>): Promise<Result> {
  receiver.answer((_, response) => response.writeHead(503).end());
  const result = await happens();
  receiver.answer((_, response) => response.writeHead(204).end());
  return result;
}

/** The same weekday in three weeks, then a night with other rows. */
async function afterThreeWeeks(night: Night, rows: number): Promise<void> {
  for (const weeks of [3, 2, 1]) await night.run({ date: night.day(7 * weeks) });
  night.simulator.use([`rows:${rows}`]);
  await night.run({ date: night.day() });
}

describe('OPS-03 the alarms on metrics of ours', () => {
  it.each(SCENARIOS)('$kind is raised by what it is there for', async ({ kind, happens, from = nights }) => {
    const night = await from.open();

    await happens(night);

    expect(inAlarm(alarmsOf(night))).toContain(ALARMS[kind].title);
    await night.close();
  });

  it('are quiet after a clean night', async () => {
    const night = await nights.open();

    await night.run();

    expect(inAlarm(alarmsOf(night))).toEqual([]);
    expect(alarmsOf(night)).toMatchObject({
      [ALARMS.notStarted.title]: 'OK',
      [ALARMS.holes.title]: 'OK',
      [ALARMS.stale.title]: 'OK',
      [ALARMS.drift.title]: 'OK',
      [ALARMS.rejects.title]: 'OK',
      [ALARMS.secretAge.title]: 'OK',
    });
    await night.close();
  });

  it.each([
    ['cdr', 'its pause was forgotten', nights, bySchedule],
    ['interaction_archive', 'its pause was forgotten', kept, bySchedule],
    ['interaction_archive', 'no run takes what is due', kept, () => ({ retryPending: true })],
  ])(
    'OPS-08 are raised when %s does not come on since %s, though its runs end well, and over when it does',
    async (dataset, _, from, inputIn) => {
      const night = await from.open({ scenarios: ['closed-interactions:2'] });
      const pipeline = dataset === 'cdr' ? 'cdr-export' : 'interaction-archive';
      const stale = (before: readonly Datapoint[]) =>
        night.platform.assembly.alarms.flatMap((alarm) =>
          alarm.name.endsWith(`${dataset}: ${ALARMS.stale.title}`)
            ? [stateOf(alarm, toldSince(night, before))]
            : [],
        );
      await night.run();
      const first = stale([]);
      await night.operate({ pause: { pipeline, reason: 'maintenance' } });
      await night.pass(4 * 86_400_000);
      const second = toldIn(night.folder);

      const idle = await night.run(inputIn(night));

      const forgotten = stale(second);
      await night.operate({ resume: { pipeline } });
      const third = toldIn(night.folder);
      await night.run();
      expect(idle.status).toBe('SUCCEEDED');
      expect([first, forgotten, stale(third)]).toEqual([['OK'], ['ALARM'], ['OK']]);
      await night.close();
    },
  );

  it('are raised by a webhook’s secret that is old, and over when a new one has been read', async () => {
    const night = await told.open();
    const states = () =>
      night.platform.assembly.alarms.flatMap((alarm) =>
        alarm.name.includes('webhook secret') ? [stateOf(alarm, toldSince(night, before))] : [],
      );
    let before: Datapoint[] = [];
    await afterDays(night, 91);
    const old = states();
    before = toldIn(night.folder);

    const rotated = {
      signingSecret: `whsec_${Buffer.from('another thirty-two bytes of them').toString('base64')}`,
      previousSigningSecret: SIGNING_SECRET,
    };
    night.platform.aws.secrets.set('webhook/acme', JSON.stringify(rotated));
    await night.pass(86_400_000);
    await night.run();

    expect([old, states()]).toEqual([['ALARM'], ['OK']]);
    await night.close();
  });

  it('ALL-13 are raised again by each night that finds a day given up, and quiet when it has been delivered', async () => {
    const night = await told.open();
    await whileAway(() => night.run());
    const states = (before: readonly Datapoint[]) =>
      night.platform.assembly.alarms.flatMap((alarm) =>
        alarm.name.endsWith(ALARMS.undelivered.title) ? [stateOf(alarm, toldSince(night, before))] : [],
      );
    const second = toldIn(night.folder);
    await night.pass(86_400_000);
    await night.run();
    const still = states(second);
    await night.deliverAgain();
    const third = toldIn(night.folder);
    await night.pass(86_400_000);

    await night.run();

    expect([still, states(third)]).toEqual([['ALARM'], ['OK']]);
    await night.close();
  });

  it('ALL-13 are raised while a receiver keeps asking for more time, before anything is given up', async () => {
    const night = await told.open();
    let posts = 0;
    let raised: string[] = [];
    receiver.answer((_, response) => {
      posts += 1;
      if (posts === 3) raised = inAlarm(alarmsOf(night));
      if (posts < 3) response.writeHead(429, { 'retry-after': '7200' }).end();
      else response.writeHead(204).end();
    });

    const { status } = await night.run();

    receiver.answer((_, response) => response.writeHead(204).end());
    expect(status).toBe('SUCCEEDED');
    expect(raised).toContain(ALARMS.undelivered.title);
    const counted = toldIn(night.folder).filter(({ dimensions }) => dimensions.Pipeline === 'webhook');
    const sum = (metric: string) =>
      counted.reduce((total, { name, value }) => total + (name === metric ? value : 0), 0);
    expect([sum('BatchesDelivered'), sum('DeliveryRetries'), sum('DeliveriesGivenUp')]).toEqual([1, 2, 0]);
    await night.close();
  });

  it('have a scenario each; what analytics alone can raise is evaluated over its own metrics', async () => {
    const opened = [await told.open(), await kept.open()];

    const titles = new Set(opened.flatMap((night) => Object.keys(alarmsOf(night))));

    const proven = [...SCENARIOS.map(({ kind }) => kind), 'integrity' as const].map(
      (kind) => ALARMS[kind].title,
    );
    expect([...titles].toSorted()).toEqual(proven.toSorted());
    for (const night of opened) await night.close();
  });

  it('integrity is raised by a dataset whose records lack what is required, and is quiet without a measure', async () => {
    const night = await nights.open();
    const alarm = night.platform.assembly.alarms.find(({ name }) => name.endsWith(ALARMS.integrity.title));
    if (alarm?.metric === undefined) throw new Error('There is no such alarm.');
    const { namespace, name, dimensions } = alarm.metric;
    const told = (value: number) => [{ namespace, name, dimensions, value }];

    expect([stateOf(alarm, told(99.4)), stateOf(alarm, told(99.6)), stateOf(alarm, [])]).toEqual([
      'ALARM',
      'OK',
      'INSUFFICIENT_DATA',
    ]);
    await night.close();
  });
});

describe('OPS-04 the logs of a run', () => {
  it('name the run in every line, from the first state to the record', async () => {
    const { readdirSync, readFileSync } = await import('node:fs');
    const night = await nights.open({ scenarios: ['drift:1'] });

    const { run } = await night.run();

    const name = run.split(':').at(-1);
    const lines = readdirSync(`${night.folder}/logs`).flatMap((file) =>
      readFileSync(`${night.folder}/logs/${file}`, 'utf8').split('\n').filter(Boolean),
    );
    const own = lines.map((line) => JSON.parse(line)).filter((line) => 'level' in line);
    expect(own.every((line) => line.run === name)).toBe(true);
    await night.close();
  });
});
