import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { ALARMS } from '../../lib/operations/alarms.ts';
import { interactionScenarios } from '../../local/cxone/scenarios/interaction-scenarios.ts';
import { stateOf, toldIn } from '../support/alarm-evaluation.ts';
import {
  archiveAuditOf,
  archivedOf,
  archiveRecordOf,
  dueInteractions,
  expectArchived,
  expectGoodManners,
} from '../support/archive-night.ts';
import { type Night, prepareNights } from '../support/night.ts';
import { failedStateOf } from '../support/night-history.ts';

const FEW = 'closed-interactions:6';

/** Scenarios that a night survives by itself. */
const survived = [
  ['ARC-01', 'closed-move:1,closed-more:1,closed-at-once:3'],
  ['ARC-01', 'closed-deleted:2,closed-move:1'],
  ['ARC-02', 'interaction-missing:1,interaction-restricted:1'],
  ['ALL-07', 'token-short-life,custom-field-quiet,media-missing,media-expired,media-forbidden'],
  ['ALL-07', 'token-revoked:3'],
  ['ALL-08', 'throttle-seconds:1,throttle-date:1,throttle-silent:1'],
  ['ALL-09', 'server-errors:1,html-errors:1'],
  ['ALL-09', 'reset:1'],
  ['ALL-09', 'fault-rate:0.15'],
] as const;

/** Scenarios in which the marks stay pending, by their reason. */
const unmarked = [
  ['ARC-06', 'custom-field-missing', 'refused'],
  ['ARC-06', 'custom-field-read-only', 'forbidden'],
  ['ARC-06', 'scope-missing:customfields:write', 'forbidden'],
] as const;

/** Scenarios that a night fails under, by which name and where. */
const failing = [
  ['ARC-02', 'interaction-broken:1', 'InteractionsFailed', 'ReconcileArchive'],
  ['ARC-02', 'scope-missing:interactions:read', 'ScopeMissing', 'ListInteractions'],
] as const;

const nights = await prepareNights({
  pipeline: 'interaction-archive',
  pipelines: { archive: { batchInteractions: 3 } },
});

/** How the alarm on what CXone does not give stands after all that was told. */
function unavailableAlarmOf({ platform, folder }: Night): string | undefined {
  const found = platform.assembly.alarms.find(({ name }) => name.endsWith(ALARMS.unavailable.title));
  return found && stateOf(found, toldIn(folder));
}

/** CXone's request ids in the log lines about interactions that could not be had. */
function requestIdsOf({ folder }: Night): unknown[] {
  const lines = readdirSync(`${folder}/logs`).flatMap((file) =>
    readFileSync(`${folder}/logs/${file}`, 'utf8').split('\n').filter(Boolean),
  );
  return lines
    .map((line) => JSON.parse(line))
    .filter(({ message }) => message === 'An interaction cannot be had.')
    .map(({ requestId }) => requestId);
}

describe('OPS-06 a night of the archive in which CXone behaves as it has in production', () => {
  afterAll(() => nights.close());

  it('has a path for every scenario of interactions', () => {
    const taken = [...survived, ...unmarked, ...failing].flatMap(([, scenarios]) => scenarios.split(','));
    const names = new Set([FEW, ...taken].map((text) => text.split(':')[0]));

    expect(Object.keys(interactionScenarios).filter((name) => !names.has(name))).toEqual([]);
  });

  it.each(survived)('%s archives every interaction under %s', async (_requirement, scenarios) => {
    const night = await nights.open({ scenarios: [FEW, ...scenarios.split(',')] });
    const due = dueInteractions(night);

    const ended = await night.run();

    expect(ended).toMatchObject({ status: 'SUCCEEDED' });
    const refused = /restricted|deleted/.test(scenarios);
    expect(unavailableAlarmOf(night)).toBe(refused ? 'ALARM' : 'OK');
    expect(due.length).toBeGreaterThan(5);
    const settled = due.flatMap((one) => {
      const now = night.simulator.interaction(one.id);
      const still = now?.archivalStatus !== undefined || one.updatedTime === now?.updatedTime;
      // What is deleted while it is listed cannot be had.
      return still ? [{ ...one, answer: now?.answer ?? 404 }] : [];
    });
    expect(settled.some(({ answer }) => answer === 404)).toBe(/missing:|deleted/.test(scenarios));
    await expectArchived(night, settled);
    expect(
      requestIdsOf(night).every((id) => typeof id === 'string'),
      'ids that NICE support asks for',
    ).toBe(true);
    expect(requestIdsOf(night).length > 0).toBe(refused);
    expectGoodManners(night);
    await night.close();
  });

  it.each(unmarked)(
    '%s keeps the archive and pending marks under %s',
    async (_requirement, scenarios, reason) => {
      const night = await nights.open({ scenarios: [FEW, ...scenarios.split(',')] });
      const due = dueInteractions(night);

      const ended = await night.run();
      const { report } = await archiveRecordOf(night, ended.run);
      await expectArchived(night, due, 'markPending');
      night.simulator.use([FEW]);
      // The token of before lacks the scope, and is used until it ends.
      await night.pass(2 * 3_600_000);
      const retried = await night.run({ retryPending: true });

      expect(ended).toMatchObject({ status: 'SUCCEEDED' });
      expect(report).toMatchObject({
        archived: due.length,
        marked: 0,
        marksPending: { [reason]: due.length },
      });
      expect(retried).toMatchObject({ status: 'SUCCEEDED' });
      await expectArchived(night, due, 'marked');
      expect(night.simulator.interaction(due[0]?.id ?? '')?.archivalStatus).toBe('archived');
      expectGoodManners(night);
      await night.close();
    },
  );

  it.each(failing)(
    '%s ends by name under %s, and a redrive finishes it',
    async (_requirement, scenarios, error, state) => {
      const night = await nights.open({ scenarios: [FEW, ...scenarios.split(',')] });

      const failed = await night.run();
      const where = failedStateOf(night, failed.run);
      night.simulator.use([FEW]);
      const redriven = await night.redrive(failed.run);

      expect(failed).toMatchObject({ status: 'FAILED', error });
      expect(where).toBe(state);
      expect(redriven).toMatchObject({ status: 'SUCCEEDED' });
      const due = dueInteractions(night).filter(({ answer }) => answer === 200);
      await expectArchived(night, due);
      expectGoodManners(night);
      await night.close();
    },
  );

  it('ARC-02 ARC-07 lets an operator give up what fails for good, counts it, and takes it up again', async () => {
    const night = await nights.open({ scenarios: [FEW, 'interaction-broken:1'] });
    const failed = await night.run();
    const archived = (await archivedOf(night)).map(({ id }) => id);
    const broken = dueInteractions(night).flatMap(({ id }) => (archived.includes(id) ? [] : [id]));
    const operation = { giveUp: { interactions: broken, reason: 'answers 500 for good, case 4711' } };

    const unknown = await night.operate({ giveUp: { ...operation.giveUp, interactions: ['no-such'] } });
    const unfit = await night.operate({ giveUp: { interactions: ['x', 'x', 'a b'] }, pause: {} });
    const given = await night.operate(operation);
    const again = await night.operate(operation);
    const redriven = await night.redrive(failed.run);
    await night.pass(3_600_000);
    const calls = night.calls().length;
    const after = await night.run();
    const asked = night.calls().slice(calls);
    const { report } = await archiveRecordOf(night, after.run);
    night.simulator.use([FEW]);
    const taken = await night.operate({ takeUp: { interactions: broken } });
    const last = await night.run();

    expect(failed).toMatchObject({ status: 'FAILED', error: 'InteractionsFailed' });
    expect(broken.length).toBeGreaterThan(0);
    expect(unknown).toMatchObject({ status: 'FAILED', error: 'GiveUpImpossible' });
    expect(unfit).toMatchObject({ status: 'FAILED', error: 'InputRefused' });
    for (const path of [
      'giveUp.interactions[1]',
      'giveUp.interactions[2]',
      'giveUp.reason',
      'pause.pipeline',
    ])
      expect(unfit.cause).toContain(`${path}: found`);
    expect([given, again, redriven, after, taken, last].map(({ status }) => status)).toEqual(
      Array(6).fill('SUCCEEDED'),
    );
    expect(report).toMatchObject({ failed: {}, unavailable: { givenUp: broken.length }, successRate: 1 });
    expect(asked.filter(({ path }) => broken.some((id) => path.includes(id)))).toEqual([]);
    expect((await archivedOf(night)).map(({ id }) => id)).toEqual(expect.arrayContaining(broken));
    const { events, verdict } = await archiveAuditOf(night);
    expect(verdict).toMatchObject({ pending: 0, findings: [] });
    const steps = events.flatMap(({ facts }) =>
      facts.interaction === undefined ? [] : [`${facts.step} ${facts.interaction}`],
    );
    expect(steps).toEqual([...broken.map((id) => `givenUp ${id}`), ...broken.map((id) => `takenUp ${id}`)]);
    expectGoodManners(night);
    await night.close();
  });
});
