import { Readable } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../lambdas/archive/exact-json.ts';
import { type MediaDayPorts, storeMediaOfDay } from '../../../lambdas/archive/media-day.ts';
import { archivalRecord } from '../../../lambdas/archive/record.ts';
import { stagePiece } from '../../../lambdas/archive/staging.ts';
import type { OpenAnswer } from '../../../lambdas/cxone/transport.ts';
import { readArchiveDay } from '../../../lambdas/ledger/archive-days.ts';
import { archivedMedia } from '../../../lambdas/ledger/archive-media.ts';
import { runDays } from '../../../lambdas/ledger/archive-runs.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';
import { ARCHIVE_DATASET, InteractionId } from '../../../lambdas/model/interactions.ts';
import { openLedger } from '../../support/ledger.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { thrownBy } from '../../support/thrown.ts';
import { claimed, MAY_15, runCalled, windowLedger } from '../../support/window-ledger.ts';

const store = await openLedger();
afterAll(() => store.close());

/** Details of an interaction with so many media, whose addresses end with `version`. */
function details(id: string, media: number, version = 'first'): string {
  return JSON.stringify({
    id,
    status: 'closed',
    updated_time: '2024-05-15T09:00:00.000Z',
    media: Array.from({ length: media }, (_, index) => ({
      id: `m${index + 1}`,
      playback_url: `https://media.example/${id}/m${index + 1}/${version}`,
    })),
  });
}

/** A day of interactions with their numbers of media, looked up by a run; `answer` is what an address gives. */
async function day(
  media: readonly number[],
  answer: (address: string) => string | Error = (address) => address,
  changes: Partial<MediaDayPorts> = {},
) {
  const { ledger } = windowLedger(store.table);
  const run = runCalled('archive');
  const claim = await claimed(ledger, run, { dataset: ARCHIVE_DATASET });
  const objects = memoryObjectStore();
  const staged = media.map((count, n) => {
    const text = details(`i${n}`, count);
    const record = archivalRecord(text);
    const looked = {
      n,
      id: InteractionId.parse(`i${n}`),
      day: MAY_15,
      tries: 1,
      outcome: 'record' as const,
      digest: '',
    };
    return { looked, record: record === undefined ? '' : canonicalJson(record) };
  });
  await stagePiece(objects, { tenant: ledger.tenant, run: 'archive', round: 0 }, 0, staged);
  const called: string[] = [];
  const ports: MediaDayPorts = {
    ledger,
    objects,
    random: () => 0,
    maxBytes: 1_000,
    goesOn: () => true,
    interactions: { details: async (id) => details(id, media[Number(id.slice(1))] ?? 0, 'fresh') },
    playback: {
      async open(address): Promise<OpenAnswer> {
        called.push(address);
        const found = answer(address);
        if (found instanceof Error) throw found;
        return { status: 200, header: () => undefined, body: Readable.from([Buffer.from(found)]) };
      },
    },
    ...changes,
  };
  return {
    ports,
    claim,
    run,
    called,
    objects,
    ledger,
    storeAll: (after = -1) => storeMediaOfDay(ports, claim, { round: 0, after }),
    media: () => Array.fromAsync(archivedMedia(ledger, MAY_15)),
  };
}

const gone = catalogued('NotFound', 'gone', { status: 410 });
const broken = catalogued('ServerFault', 'broken', { status: 500 });

describe('ARC-09 the media of an archive day', () => {
  it('ARC-09 are all stored, and counted in the run', async () => {
    const { storeAll, called, ledger, run, media, objects } = await day([1, 0, 2]);

    const result = await storeAll();

    expect(result).toEqual({ more: false, after: 2 });
    expect(called.toSorted()).toEqual(
      ['i0/m1', 'i2/m1', 'i2/m2'].map((name) => `https://media.example/${name}/first`),
    );
    expect(
      (await media()).map(({ interaction, medium, state }) => `${interaction} ${medium} ${state}`),
    ).toEqual(['i0 m1 stored', 'i2 m1 stored', 'i2 m2 stored']);
    expect(objects.writes.filter((key) => key.startsWith('media/'))).toHaveLength(3);
    expect((await runDays(ledger, run)).map((one) => one.media)).toEqual([{ stored: 3 }]);
  });

  it('ALL-03 are fetched once when the state is entered again', async () => {
    const { storeAll, called, ledger, run } = await day([2, 2]);
    await storeAll();

    const again = await storeAll();

    expect([again.more, called.length]).toEqual([false, 4]);
    expect((await runDays(ledger, run)).map((one) => one.media)).toEqual([{ stored: 4 }]);
  });

  it('ARC-09 go on where time was up', async () => {
    let room = 4;
    const { storeAll, called } = await day([1, 1, 1, 1, 1, 1], undefined, { goesOn: () => room-- > 0 });

    const first = await storeAll();
    room = 100;
    const second = await storeAll(first.after);

    expect([first, second]).toEqual([
      { more: true, after: 3 },
      { more: false, after: 5 },
    ]);
    expect(new Set(called).size).toBe(6);
    expect(called.length).toBe(6);
  });

  it('ARC-09 are asked for anew where their addresses have expired, and expired where that does not help', async () => {
    const { storeAll, media } = await day([1, 1], (address) =>
      address.endsWith('/i0/m1/fresh') ? 'sound' : gone,
    );

    await storeAll();

    expect((await media()).map(({ interaction, state }) => [interaction, state])).toEqual([
      ['i0', 'stored'],
      ['i1', 'expired'],
    ]);
  });

  it('ARC-09 that failed keep the day open, and a later run tries them again', async () => {
    let well = false;
    const { storeAll, ledger, claim, ports, media, called } = await day([1, 1], (address) =>
      well || address.includes('i1') ? 'sound' : broken,
    );
    await storeAll();
    const open = await readArchiveDay(ledger, MAY_15);
    well = true;

    await storeMediaOfDay(ports, claim, { round: 1, after: -1 });

    expect([open.mediaOpen, (await readArchiveDay(ledger, MAY_15)).mediaOpen]).toEqual([true, false]);
    expect((await media()).map(({ state }) => state)).toEqual(['stored', 'stored']);
    expect(called.at(-1)).toBe('https://media.example/i0/m1/fresh');
  });

  it('ARC-09 are left for a later run when ten in a row have failed', async () => {
    const { storeAll, called, media } = await day(
      Array.from({ length: 30 }, () => 1),
      () => broken,
    );

    await storeAll();

    const reasons = (await media()).map(({ state, reason }) => `${state} ${reason}`);
    expect(new Set(called).size).toBeLessThan(15);
    expect(reasons).toHaveLength(30);
    expect(new Set(reasons)).toEqual(new Set(['failed serverFault', 'failed notTried']));
  });

  it('ALL-08 are the machine’s to wait for when they are throttled, and what was stored stays', async () => {
    const throttled = catalogued('Throttled', 'slow down', { retryAt: '2024-05-16T04:00:00.000Z' });
    const { storeAll, media } = await day([1, 1, 1], (address) => (address.includes('i2') ? throttled : 'x'));

    const error = await thrownBy(storeAll());

    expect([error.name, (await media()).map(({ interaction }) => interaction)]).toEqual([
      'Throttled',
      ['i0', 'i1'],
    ]);
  });
});
