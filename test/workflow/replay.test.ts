import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, it } from 'vitest';
import { prepareNights } from '../support/night.ts';
import { expectLoadedThrough, truthOf } from '../support/night-expectations.ts';
import { recordOf, rowsOf, storesOf, windowOf } from '../support/night-findings.ts';

const nights = await prepareNights();

describe('REP-05 a replay', () => {
  afterAll(() => nights.close());

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
