import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunRecord } from '../../lambdas/model/run-record.ts';
import {
  archivedOf,
  archiveMarksOf,
  archiveRecordOf,
  dueInteractions,
  entryOf,
  expectArchived,
  expectGoodManners,
  mostCallsInASecond,
} from '../support/archive-night.ts';
import { type Night, prepareNights } from '../support/night.ts';
import { keysUnder, storesOf } from '../support/night-findings.ts';
import { eventsOf } from '../support/night-history.ts';

const nights = await prepareNights({
  pipeline: 'interaction-archive',
  pipelines: { archive: { batchInteractions: 4, batchesAtOnce: 8 } },
  lake: { archiveLockDays: 30 },
});
const DAY_MILLISECONDS = 86_400_000;
const open = (count: number) => nights.open({ scenarios: [`closed-interactions:${count}`] });

/** The completion report itself, which the run's record names. */
async function completionOf(night: Night, report: RunRecord['report']): Promise<unknown> {
  return JSON.parse(await storesOf(night).objects.readText(String(report?.reportKey)));
}

describe('runs of the archive', () => {
  afterAll(() => nights.close());

  it('ARC-01 ARC-07 archives what closed since the mark, and nothing the second time', async () => {
    const night = await open(8);
    const due = dueInteractions(night);

    const first = await night.run();
    const marks = await archiveMarksOf(night);
    const { report } = await archiveRecordOf(night, first.run);
    const objects = await keysUnder(night, 'archive/');
    const stored = await completionOf(night, report);
    await night.pass(60_000);
    const second = await night.run();

    await expectArchived(night, due);
    const { reportKey, ...told } = report ?? {};
    expect(stored, reportKey?.toString()).toEqual({ ...told, keys: objects });
    expect([told.sealedBytes, told.plainBytes, told.seconds].map((count) => Number(count) > 0)).toEqual(
      Array(3).fill(true),
    );
    expect(report).toMatchObject({
      total: due.length,
      archived: due.length,
      marked: due.length,
      unavailable: {},
      failed: {},
      successRate: 1,
      objects: objects.length,
    });
    expect(marks.loadedThrough).toBe(new Date(night.startedAt).toISOString());
    // What our own marks have moved is looked at once more, and is the same.
    expect((await archiveRecordOf(night, second.run)).report).toMatchObject({
      archived: 0,
      unchanged: due.length,
      objects: 0,
    });
    expect(await keysUnder(night, 'archive/')).toEqual(objects);
    expectGoodManners(night);
    await night.close();
  });

  it('ARC-05 locks its objects for as long as the lake says, and nothing else', async () => {
    const night = await open(1);
    await night.run();
    const { clients } = storesOf(night);
    const remove = (Key: string) =>
      clients.s3.send(new DeleteObjectCommand({ Bucket: night.platform.bucket, Key })).then(
        () => 'removed',
        (error: Error) => error.name,
      );
    const [object = ''] = await keysUnder(night, 'archive/');
    const [report = ''] = await keysUnder(night, 'runs/');

    const removed = [await remove(object), await remove(report)];
    await night.pass(31 * DAY_MILLISECONDS);
    removed.push(await remove(object));

    expect(removed).toEqual(['AccessDenied', 'removed', 'removed']);
    await night.close();
  });

  it('OPS-08 does nothing when the schedule starts it while it is paused, and archives all of it when it is resumed', async () => {
    const night = await open(4);
    const due = dueInteractions(night);
    const scheduledTime = new Date(night.startedAt).toISOString();
    await night.operate({ pause: { pipeline: 'interaction-archive', reason: 'maintenance' } });

    const paused = await night.run({ scheduledTime });
    const calls = night.calls().length;
    const record = await archiveRecordOf(night, paused.run);
    const { startDate } = await archiveMarksOf(night);
    const onDemand = await night.run({ retryPending: true });
    await night.operate({ resume: { pipeline: 'interaction-archive' } });
    const resumed = await night.run({ scheduledTime });

    expect([paused.status, onDemand.status, resumed.status]).toEqual(Array(3).fill('SUCCEEDED'));
    expect([calls, record.paused, startDate]).toEqual([0, true, night.day()]);
    expect((await archiveRecordOf(night, onDemand.run)).paused).toBe(false);
    await expectArchived(night, due);
    await night.close();
  });

  it('ARC-02 ALL-08 makes no more than ten calls in any second, over all batches and days at once, and nearly as many', async () => {
    const night = await open(40);

    await night.run();

    const calls = night.calls().filter(({ kind }) => kind !== 'token');
    const looks = calls.filter(({ kind }) => kind === 'detail');
    const seconds = (Date.parse(looks.at(-1)?.at ?? '') - Date.parse(looks[0]?.at ?? '')) / 1_000;
    expect(mostCallsInASecond(calls)).toBeLessThanOrEqual(10);
    expect(looks.length / seconds).toBeGreaterThan(7);
    expectGoodManners(night);
    await night.close();
  });

  it('ALL-03 archives once each when two runs are started at once', async () => {
    const night = await open(6);
    const due = dueInteractions(night);

    const runs = [await night.start(), await night.start()];
    const ended = [];
    for (const run of runs) ended.push(await night.ended(run));
    await night.pass(60_000);
    await night.run();

    expect(ended.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED']);
    await expectArchived(night, due);
    expectGoodManners(night);
    await night.close();
  });

  it('ARC-01 archives single interactions, days of the past, and what has changed', async () => {
    const night = await open(5);
    const date = new Date(night.startedAt - 9 * DAY_MILLISECONDS).toISOString().slice(0, 10);
    const earlier = night.simulator.closedInteractions(`${date}T00:00:00.000Z`, `${date}T23:59:59.999Z`);
    const [one] = earlier;
    if (one === undefined) throw new Error('The day has no interactions.');

    const single = await night.run({ ids: [one.id, 'no-such-interaction'] });
    const alone = (await archivedOf(night)).map(({ id }) => id);
    const day = await night.run({ date });
    await night.pass(60_000);
    night.simulator.changeInteraction(one.id, 'outcome', 'sold');
    const again = await night.run({ ids: [one.id] });

    expect([single, day, again].map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED']);
    expect(alone).toEqual([one.id]);
    expect((await archiveRecordOf(night, single.run)).report).toMatchObject({
      archived: 1,
      unavailable: { notFound: 1 },
    });
    const archived = (await archivedOf(night)).map(({ id }) => id);
    expect(archived.filter((id) => id === one.id)).toHaveLength(2);
    expect(new Set(archived)).toEqual(new Set(earlier.map(({ id }) => id)));
    expect(await entryOf(night, one.id)).toMatchObject({ day: date, state: 'marked' });
    expect((await archiveMarksOf(night)).loadedThrough).toBeUndefined();
    await night.close();
  });

  it('ARC-01 looks again at interactions that have not changed when a refresh asks for it', async () => {
    const night = await open(4);
    const date = new Date(night.startedAt - DAY_MILLISECONDS).toISOString().slice(0, 10);
    night.simulator.use(['closed-interactions:4', 'custom-field-quiet']);
    await night.run({ date });
    const before = night.calls().length;

    const idle = await night.run({ date });
    const between = night.calls().length;
    const refreshed = await night.run({ date, refresh: true });

    expect((await archiveRecordOf(night, idle.run)).report).toMatchObject({ total: 0 });
    expect(between - before).toBeLessThanOrEqual(2);
    expect((await archiveRecordOf(night, refreshed.run)).report).toMatchObject({ archived: 0, unchanged: 4 });
    await night.close();
  });

  it('ALL-02 refuses an input with all its problems, before anything is called or written', async () => {
    const night = await open(4);

    const ended = await night.run({
      from: '2024-02-30',
      ids: ['a b', 'x', 'x'],
      retryPending: true,
      refresh: 'yes',
      days: 3,
    });

    expect(ended).toMatchObject({ status: 'FAILED', error: 'InputRefused' });
    for (const path of ['from', 'to', 'ids', 'ids[0]', 'ids[2]', 'retryPending', 'refresh', 'days'])
      expect(ended.cause).toContain(`${path}: found`);
    expect(night.calls()).toEqual([]);
    expect((await keysUnder(night, 'runs/')).filter((key) => key.endsWith('request.json'))).toEqual([]);
    expect(await archiveMarksOf(night)).toEqual({ passMilliseconds: 0 });
    await night.close();
  });

  it('ALL-14 leaves no trace of a dry run but its output', async () => {
    const night = await open(4);

    const ended = await night.run({ dryRun: true });

    expect(ended.status).toBe('SUCCEEDED');
    expect(night.calls()).toEqual([]);
    expect(await keysUnder(night, 'runs/')).toEqual([]);
    expect(await archiveMarksOf(night)).toEqual({ passMilliseconds: 0 });
    await night.close();
  });

  it('ALL-17 carries references and counts alone from state to state', async () => {
    const night = await open(8);
    const due = dueInteractions(night);

    const { run } = await night.run();

    const texts = eventsOf(night, run).map((event) => JSON.stringify(event));
    expect(Math.max(...texts.map(({ length }) => length))).toBeLessThan(64 * 1_024);
    const personal = due.flatMap(({ text }) => text.match(/\+4420794609\d\d|customer-\d+/g) ?? []);
    expect(personal.length).toBeGreaterThan(0);
    expect(texts.filter((text) => personal.some((known) => text.includes(known)))).toEqual([]);
    const { objects } = storesOf(night);
    const [record = ''] = (await keysUnder(night, 'runs/')).filter((key) =>
      key.endsWith(`${run.split(':').at(-1)}.json`),
    );
    const recorded = await objects.readText(record);
    expect(personal.filter((known) => recorded.includes(known))).toEqual([]);
    await night.close();
  });
});
