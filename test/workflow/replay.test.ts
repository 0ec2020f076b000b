import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import interactionMapping from '../../config/mappings/interactions.v1.json' with { type: 'json' };
import reportMapping from '../../config/mappings/report-skill-performance.v1.json' with { type: 'json' };
import { ANALYTICS_DATASET } from '../../lambdas/model/payloads.ts';
import { loadAssembly } from '../../local/assembly/assembly.ts';
import {
  expectInteractions,
  interactionRecord,
  interactionRows,
  interactionTruth,
  interactionWindow,
} from '../support/interaction-night.ts';
import { type Night, type NightsOptions, prepareNights } from '../support/night.ts';
import { synthesiseOther } from '../support/night-assembly.ts';
import { auditedKinds } from '../support/night-audit.ts';
import { expectLoadedThrough, truthOf } from '../support/night-expectations.ts';
import { recordOf, rowsOf, storesOf, windowOf } from '../support/night-findings.ts';
import {
  expectReport,
  reportColumns,
  reportRows,
  reportSettings,
  reportTruth,
  reportWindow,
  SKILLS,
} from '../support/report-night.ts';

/** Second versions of two mappings: columns for what no first version knows, and another name for one. */
const SECOND = {
  'report-skill-performance.v2': {
    ...reportMapping,
    version: 2,
    columns: [
      ...reportMapping.columns.map((column) =>
        column.source === 'comment' ? { ...column, column: 'remark' } : column,
      ),
      { source: 'metric.added1.count', column: 'added', type: 'integer' },
    ],
  },
  'interactions.v2': {
    ...interactionMapping,
    version: 2,
    columns: [...interactionMapping.columns, { source: 'added.field1', column: 'added', type: 'text' }],
  },
};

/** Nights of all pipelines whose days can be replayed, by the versions of their mappings. */
function options(version: 'v1' | 'v2'): NightsOptions {
  const mapping = `report-skill-performance.${version}`;
  return {
    mappings: SECOND,
    pipelines: {
      reports: { reports: [reportSettings(SKILLS, { mapping })] },
      analytics: { mapping: `interactions.${version}`, pageSize: 25, outputs: ['parquet', 'jsonl'] },
    },
  };
}

const nights = await prepareNights(options('v1'));

afterAll(() => nights.close());

describe('REP-05 a replay', () => {
  it('REP-05 transforms what is stored and calls nobody; the same mapping changes nothing', async () => {
    const night = await nights.open();
    const truth = await truthOf(night, night.day());
    await night.run();
    const [before, calls] = [await windowOf(night, truth.day), night.calls().length];

    const { run, status } = await night.run({ date: truth.day, replay: true });

    expect([status, night.calls().length]).toEqual(['SUCCEEDED', calls]);
    expect(await windowOf(night, truth.day)).toMatchObject({
      generation: before.generation,
      commits: before.commits,
      sourceAttempt: 1,
      publishedBy: run,
    });
    expect(await rowsOf(night, truth.day)).toEqual(truth.rows);
    expect((await recordOf(night, run)).windows).toMatchObject([
      { day: truth.day, task: 'replay', outcome: 'unchanged' },
    ]);
    await expectLoadedThrough(night, truth.day);
  });

  it('REP-05 takes the attempt that the current generation was made of', async () => {
    const night = await nights.open();
    const day = night.day();
    await night.run();
    await night.run({ date: day, refresh: true });

    const { status } = await night.run({ date: day, replay: true });

    expect([status, (await windowOf(night, day)).sourceAttempt]).toEqual(['SUCCEEDED', 2]);
  });

  it('REP-05 has nothing to do for a day that is not committed', async () => {
    const night = await nights.open();

    const { status } = await night.run({ date: night.day(), replay: true });

    expect([status, night.calls()]).toEqual(['SUCCEEDED', []]);
    expect((await windowOf(night, night.day())).generation).toBeUndefined();
  });

  it('REP-05 fails by name when the raw parts are gone, and leaves what is committed', async () => {
    const night = await nights.open();
    const day = night.day();
    await night.run();
    const { clients, objects } = storesOf(night);
    const before = await windowOf(night, day);
    for await (const { key } of objects.list(`raw/acme/cdr/dt=${day}/`))
      await clients.s3.send(new DeleteObjectCommand({ Bucket: night.platform.bucket, Key: key }));

    const { status, error } = await night.run({ date: day, replay: true });

    expect([status, error]).toEqual(['FAILED', 'WindowsFailed']);
    expect((await windowOf(night, day)).generation).toBe(before.generation);
  });

  it('ALL-02 is refused with all problems: no days, refresh and overrides beside it', async () => {
    const night = await nights.open();

    const { error, cause } = await night.run({
      replay: true,
      refresh: true,
      columns: ['CallId', 'StartTime'],
    });

    expect(error).toBe('InputRefused');
    for (const problem of [
      'replay: found a boolean, must come with date',
      'must not stand beside refresh',
      'must not stand beside replay',
    ])
      expect(cause).toContain(problem);
  });
});

describe('REP-05 a replay of records by another version of their mapping, with CXone switched off', () => {
  const REPORTS = {
    pipeline: 'report-sync',
    scenarios: ['report-new-metrics:1', 'report-truncated:70'],
  } as const;
  const INTERACTIONS = {
    pipeline: 'analytics-export',
    scenarios: ['interactions:60', 'new-fields:1'],
  } as const;
  const second = loadAssembly(synthesiseOther(nights, 'second-versions', options('v2')));
  let truth: ReturnType<typeof interactionTruth>;
  let reports: Night;
  let interactions: Night;

  beforeAll(async () => {
    interactions = await nights.open(INTERACTIONS);
    truth = interactionTruth(interactions, interactions.day());
    await interactions.run();
    reports = await nights.open(REPORTS);
    await reports.run();
    await nights.simulator.stop();
  });

  it('REP-05 ALL-12 maps what was new in a report from its raw data, and makes the first generation again by the first version', async () => {
    const day = reports.day();
    const before = await reportWindow(reports, SKILLS, day);
    const columns = await reportColumns(reports, SKILLS, day);
    await reports.restart(second);

    const replayed = await reports.run({ date: day, report: SKILLS, replay: true });

    expect(replayed.status).toBe('SUCCEEDED');
    expect((await reportColumns(reports, SKILLS, day)).toSorted()).toEqual(
      [...columns.map((column) => column.replace('comment', 'remark')), 'added BIGINT'].toSorted(),
    );
    expect((await reportRows(reports, SKILLS, day)).slice(0, 3)).toMatchObject([
      { added: 0, remark: expect.any(String), extra_columns: null },
      { added: 1, extra_columns: null },
      { added: 2, extra_columns: null },
    ]);
    const between = await reportWindow(reports, SKILLS, day);
    await reports.restart();
    const restored = await reports.run({ date: day, report: SKILLS, replay: true });
    const after = await reportWindow(reports, SKILLS, day);
    expect(restored.status).toBe('SUCCEEDED');
    expect(after).toMatchObject({ generation: before.generation, replaced: between.generation });
    expect([after.sourceAttempt, after.commits, after.registrants.size]).toEqual([1, 3, 0]);
    await expectReport(reports, SKILLS, day, reportTruth(reports, SKILLS, day));
    expect(await auditedKinds(reports, 'report-sync', SKILLS)).toEqual(['commit', 'replay', 'replay']);
  });

  it('REP-05 ALL-12 maps a nested field of interactions from their raw data, and makes the first generation again by the first version', async () => {
    const day = interactions.day();
    const before = await interactionWindow(interactions, day);
    await interactions.restart(second);

    const replayed = await interactions.run({ date: day, replay: true });

    expect(replayed.status).toBe('SUCCEEDED');
    const rows = await interactionRows(interactions, day);
    expect(rows.size).toBe(60);
    for (const row of rows.values())
      expect(row).toMatchObject({ added: expect.stringMatching(/^new \d$/), extra_columns: null });
    await interactions.restart();
    const restored = await interactions.run({ date: day, replay: true });
    const after = await interactionWindow(interactions, day);
    expect(restored.status).toBe('SUCCEEDED');
    expect([after.generation, after.commits]).toEqual([before.generation, 3]);
    await expectInteractions(interactions, day, truth);
    expect(await auditedKinds(interactions, 'analytics-export', ANALYTICS_DATASET)).toEqual([
      'commit',
      'replay',
      'replay',
    ]);
  });

  it('ALL-04 shows what is committed once more where the catalog has lost it: nothing is made, read or committed', async () => {
    const day = interactions.day();
    const before = await interactionWindow(interactions, day);
    const { catalog, clients } = storesOf(interactions);
    await catalog.point(ANALYTICS_DATASET, day, 's3://elsewhere/');
    const current = { Bucket: interactions.platform.bucket, Key: `current/acme/interactions/dt=${day}.json` };
    await clients.s3.send(new DeleteObjectCommand(current));

    const { run, status } = await interactions.run({ date: day, republish: true });

    expect(status).toBe('SUCCEEDED');
    await expectInteractions(interactions, day, truth);
    const { commits, generation, publishedBy } = await interactionWindow(interactions, day);
    expect([commits, generation, publishedBy]).toEqual([before.commits, before.generation, run]);
    expect((await interactionRecord(interactions, run)).windows).toMatchObject([
      { task: 'republish', outcome: 'unchanged' },
    ]);
  });
});
