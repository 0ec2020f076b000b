import { describe, expect, it } from 'vitest';
import { conditionalUpdate } from '../../../lambdas/ledger/expressions.ts';
import { readingKey } from '../../../lambdas/ledger/keys.ts';
import { readParts } from '../../../lambdas/ledger/parts.ts';
import { keepReading, readReading } from '../../../lambdas/ledger/readings.ts';
import { rest, restsUntil } from '../../../lambdas/ledger/rests.ts';
import { readWindow } from '../../../lambdas/ledger/windows.ts';
import { startOf } from '../../../lambdas/model/days.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';
import { fakeReporting, reportRow, type ServerFaults } from '../../support/fake-reporting.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { AGENTS, readingUnderTest } from '../../support/report-reading.ts';
import { thrownBy } from '../../support/thrown.ts';
import { MAY_15 } from '../../support/window-ledger.ts';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const MIDNIGHT = startOf(MAY_15);

/** Rows in every hour of the day. */
const rowsOf = (perHour: number) =>
  Array.from({ length: 24 * perHour }, (_, index) =>
    reportRow(MIDNIGHT + Math.floor(index / perHour) * HOUR, `row-${index}`),
  );

function prepare(rows: string[] = rowsOf(50), faults: ServerFaults = {}) {
  return readingUnderTest(memoryTable(), fakeReporting(rows, faults));
}

describe('reading a report', () => {
  it('REP-02 asks for pages of 500 by cursor until null, then for the last interval once more', async () => {
    const { server, claim, invoke } = prepare();

    await invoke(await claim());

    const asked = server.requests.map(({ from, to, pageSize, cursor }) => [
      (from - MIDNIGHT) / HOUR,
      (to - MIDNIGHT) / HOUR,
      pageSize,
      cursor,
    ]);
    expect(asked).toEqual([
      [0, 24, 500, undefined],
      [0, 24, 500, '0-500'],
      [0, 24, 500, '0-1000'],
      [23, 24, 500, undefined],
    ]);
  });

  it('REP-02 goes on at the next page after its time is up, with one object an invocation', async () => {
    const { server, ledger, claim, invoke, readToEnd, stored } = prepare();
    const claimed = await claim();
    const first = await invoke(claimed, { pages: 1 });
    const between = await readReading(ledger, claimed);

    const read = await readToEnd(claimed, { pages: 1 });

    expect(first).toEqual({ outcome: 'more' });
    expect(between?.ranges).toMatchObject([{ cursor: '0-500', received: 500, announced: 1_200 }]);
    expect(read).toEqual({ outcome: 'read', attempt: 1, parts: 3, records: 1_200 });
    expect(server.requests).toHaveLength(4);
    expect(await stored(claimed, 1)).toEqual(server.rows);
    expect((await readParts(ledger, claimed, 1)).map(({ key, records }) => [key, records])).toEqual(
      [500, 500, 200].map((records, index) => [
        `raw/${ledger.tenant}/agents/dt=2024-05-15/a1/part-0000${index + 1}.jsonl.gz`,
        records,
      ]),
    );
  });

  it('REP-02 keeps what was received before a call failed, and says what failed', async () => {
    const { server, ledger, claim, invoke, readToEnd, stored } = prepare();
    const claimed = await claim();
    const page = server.page;
    let calls = 0;
    server.page = async (request) => {
      calls += 1;
      if (calls === 3) throw catalogued('ServerFault', 'CXone answered 502.');
      return page(request);
    };

    const failure = await thrownBy(invoke(claimed));
    const between = await readReading(ledger, claimed);
    await readToEnd(claimed);

    expect(failure.name).toBe('ServerFault');
    expect(between?.ranges[0]).toMatchObject({ received: 1_000, cursor: '0-1000' });
    expect(await stored(claimed, 1)).toEqual(server.rows);
  });

  it('ALL-08 sleeps through a short wait for its slot, and leaves a long one to the machine', async () => {
    const { server, clock, claim, invoke } = prepare(rowsOf(1));
    const claimed = await claim();
    const page = server.page;
    const waits = [5_000, 21_000];
    server.page = async (request) => {
      const wait = waits.shift();
      if (wait === undefined) return page(request);
      const retryAt = new Date(clock.now() + wait).toISOString();
      throw catalogued('Throttled', 'No slot for a call is free soon.', { retryAt });
    };

    const failure = await thrownBy(invoke(claimed));

    expect(failure.name).toBe('Throttled');
    expect(clock.sleeps).toEqual([5_000]);
  });

  it('REP-01 of nothing stores nothing, and is complete after a second look', async () => {
    const { server, objects, claim, invoke } = prepare([]);

    const read = await invoke(await claim());

    expect(read).toEqual({ outcome: 'read', attempt: 1, parts: 0, records: 0 });
    expect([server.requests.length, objects.writes]).toEqual([2, []]);
  });

  it('REP-02 stops where a cursor comes back that was given before', async () => {
    const { server, claim, invoke } = prepare();
    const page = server.page;
    server.page = async (request) => ({ ...(await page(request)), nextPageToken: '0-500' });

    const failure = await thrownBy(invoke(await claim()));

    expect(failure.name).toBe('CursorRepeated');
  });
});

describe('a report that is cut short', () => {
  it('REP-03 rests for five minutes, all machines of the tenant with it, then takes smaller pages', async () => {
    const { server, ledger, clock, claim, invoke, readToEnd, stored } = prepare(rowsOf(50), {
      cut: ({ request }) => (request.pageSize > 125 ? 700 : undefined),
    });
    const claimed = await claim();

    const first = await invoke(claimed);
    const until = await restsUntil(ledger, 'reporting');
    const meanwhile = await invoke(claimed);
    await readToEnd(claimed);

    expect(first).toEqual({ outcome: 'resting', resumeAt: until });
    expect(until).toBe(clock.now());
    expect(meanwhile).toEqual(first);
    expect([...new Set(server.requests.map(({ pageSize }) => pageSize))]).toEqual([500, 250, 125]);
    expect(await stored(claimed, 1)).toEqual(server.rows);
    expect((await readReading(ledger, claimed))?.cuts).toMatchObject([
      { pageSize: 500, received: 700, announced: 1_200, reason: 'total' },
      { pageSize: 250, received: 700, announced: 1_200, reason: 'total' },
    ]);
  });

  it('REP-03 is split in halves down to one hour, and put together again in order', async () => {
    const { server, ledger, claim, readToEnd, stored } = prepare(rowsOf(5), {
      cut: ({ request: { from, to } }) => (to - from > HOUR ? 2 : undefined),
    });
    const claimed = await claim();

    const read = await readToEnd(claimed);

    const { ranges = [] } = (await readReading(ledger, claimed)) ?? {};
    expect(ranges.map(({ from, to }) => to - from)).toEqual(Array.from({ length: 24 }, () => HOUR));
    expect(read.parts).toBe(24);
    expect(await stored(claimed, 1)).toEqual(server.rows);
  });

  it('REP-03 fails by name where an hour alone is cut, and begins anew when it is tried again', async () => {
    let cutting = true;
    const { server, ledger, claim, readToEnd, stored } = prepare(rowsOf(5), {
      cut: () => (cutting ? 2 : undefined),
    });
    const claimed = await claim();

    const failure = await thrownBy(readToEnd(claimed));
    const failed = await readReading(ledger, claimed);
    cutting = false;
    const read = await readToEnd(await claim());

    expect(failure.name).toBe('ReportTruncated');
    expect(failure.message).toContain('over 1 h. [from=2024-05-15T00:00:00.000Z');
    expect(failed?.state).toBe('failed');
    expect(read).toMatchObject({ attempt: 2, records: 120 });
    expect(await stored(claimed, 2)).toEqual(server.rows);
    expect((await readWindow(ledger, AGENTS, MAY_15)).attempt).toBe(2);
  });

  it('REP-03 is never split within an interval of the report: a part of a day has other rows than the day', async () => {
    const { server, claim, readToEnd } = prepare([reportRow(MIDNIGHT, 'of the day')], { cut: () => 0 });

    const failure = await thrownBy(readToEnd(await claim(), { question: { intervalMinutes: 1_440 } }));

    expect(failure.name).toBe('ReportTruncated');
    expect(server.requests.every(({ to }) => to === MIDNIGHT + 24 * HOUR)).toBe(true);
  });

  it('REP-03 fails by name where the rows of a part are not of that part', async () => {
    const rows = rowsOf(5);
    const { server, claim, readToEnd } = prepare(rows, {
      cut: ({ request: { from, to } }) => (to - from > 12 * HOUR ? 2 : undefined),
    });
    const page = server.page;
    server.page = async (request) => {
      const given = await page(request);
      const all = given.records.map((record) => record.replace(/T\d\d:/, 'T00:'));
      return request.from > MIDNIGHT ? { ...given, records: all } : given;
    };

    const failure = await thrownBy(readToEnd(await claim()));

    expect([failure.name, failure.message]).toEqual([
      'ReportTruncated',
      expect.stringContaining('cannot be split'),
    ]);
  });

  it('REP-03 reads a range anew whose cursor CXone has forgotten', async () => {
    const { server, claim, invoke, readToEnd, stored } = prepare();
    const claimed = await claim();
    await invoke(claimed, { pages: 1 });
    server.forgetCursors();

    const read = await readToEnd(claimed);

    expect(read).toMatchObject({ attempt: 1, records: 1_200 });
    expect(await stored(claimed, 1)).toEqual(server.rows);
  });

  it('REP-03 accepts more rows than announced, once the last interval agrees', async () => {
    const { server, ledger, claim, readToEnd, stored } = prepare(rowsOf(5), {
      total: ({ request: { from } }) => (from === MIDNIGHT ? 100 : undefined),
    });
    const claimed = await claim();

    const read = await readToEnd(claimed);

    const reading = await readReading(ledger, claimed);
    expect(read.records).toBe(120);
    expect(reading?.ranges).toMatchObject([{ announced: 100, received: 120 }]);
    expect(await stored(claimed, 1)).toEqual(server.rows);
  });

  it('REP-03 a longer rest stands', async () => {
    const { ledger, clock } = prepare();
    const later = clock.now() + 10 * MINUTE;
    await rest(ledger, 'reporting', later);

    const until = await rest(ledger, 'reporting', clock.now() + 5 * MINUTE);

    expect(until).toBe(later);
  });
});

describe('a reading that is taken up', () => {
  it('ALL-03 by the run that made it is not read again, whatever the time', async () => {
    const { server, clock, claim, readToEnd } = prepare(rowsOf(1));
    await readToEnd(await claim('night', 'refresh'), { task: 'refresh' });
    clock.set(clock.now() + 100 * HOUR);

    const again = await readToEnd(await claim('night', 'refresh'), { task: 'refresh' });

    expect([again.attempt, server.requests.length]).toEqual([1, 2]);
  });

  it('ALL-03 by another run is gone on with for an hour, then begun anew: pages of one day are of one time', async () => {
    const { clock, claim, invoke, readToEnd } = prepare();
    await invoke(await claim('first'), { pages: 1 });
    clock.set(clock.now() + HOUR);
    const soon = await invoke(await claim('second'), { pages: 1 });
    clock.set(clock.now() + HOUR + 1);

    const late = await readToEnd(await claim('third'));

    expect(soon).toEqual({ outcome: 'more' });
    expect(late.attempt).toBe(2);
  });

  it('ALL-03 REP-01 of another question is begun anew: what was asked by the old settings is no answer to the new', async () => {
    const { server, clock, claim, invoke, readToEnd } = prepare();
    await readToEnd(await claim('old'), { question: { parameters: { skill: 'a' } } });
    clock.set(clock.now() + 50 * MINUTE);
    const before = server.requests.length;
    const question = { parameters: { skill: 'b' } };

    await invoke(await claim('new'), { question, pages: 1 });
    const read = await readToEnd(await claim('new'), { question });

    expect(read).toMatchObject({ attempt: 2, records: server.rows.length });
    expect(server.requests.slice(before).map(({ cursor, parameters }) => [cursor, parameters])).toEqual([
      [undefined, question.parameters],
      ['2-500', question.parameters],
      ['2-1000', question.parameters],
      [undefined, question.parameters],
    ]);
  });

  it.each([{ reportId: 'other' }, { intervalMinutes: 15 as const }])(
    'ALL-03 REP-02 that is half done sends no cursor with another question: %o',
    async (question) => {
      const { server, claim, invoke } = prepare();
      await invoke(await claim('old'), { pages: 1 });

      await invoke(await claim('new'), { question, pages: 1 });

      expect(server.requests.map(({ cursor }) => cursor)).toEqual([undefined, undefined]);
    },
  );

  it('ALL-03 ALL-18 is gone on with by a redrive, which asks by its own settings, until another question has been asked', async () => {
    const { claim, invoke, readToEnd } = prepare();
    const question = { parameters: { skill: 'a' } };
    await invoke(await claim('old'), { question, pages: 1 });

    const redriven = await readToEnd(await claim('old'), { question });
    await invoke(await claim('new'), { question: { parameters: { skill: 'b' } }, pages: 1 });
    const late = await readToEnd(await claim('old'), { question });

    expect([redriven.attempt, late.attempt]).toEqual([1, 3]);
  });

  it('ALL-18 that an earlier release began is begun anew: what it asked is not known', async () => {
    const { ledger, claim, invoke, readToEnd } = prepare();
    const claimed = await claim('old');
    await invoke(claimed, { pages: 1 });
    const key = readingKey(ledger.tenant, claimed.dataset, claimed.day);
    await ledger.table.update(key, conditionalUpdate({ remove: ['question'] }, []));

    const read = await readToEnd(await claim('new'));

    expect(read.attempt).toBe(2);
  });

  it('REP-01 to be refreshed is read anew, once a run', async () => {
    const { server, claim, readToEnd } = prepare(rowsOf(1));
    await readToEnd(await claim('first'));
    const refreshed = await readToEnd(await claim('second', 'refresh'), { task: 'refresh' });

    const again = await readToEnd(await claim('second', 'refresh'), { task: 'refresh' });

    expect([refreshed.attempt, again.attempt, server.requests.length]).toEqual([2, 2, 4]);
  });

  it('ALL-03 by a later claim is not written over by the one before it', async () => {
    const { ledger, claim, invoke } = prepare();
    const older = await claim('first');
    await invoke(older, { pages: 1 });
    const stale = await readReading(ledger, older);
    await invoke(await claim('second'), { pages: 1 });
    if (stale === undefined) throw new Error('Nothing was read.');

    const failure = await thrownBy(keepReading(ledger, older, stale, stale));

    expect(failure.name).toBe('ClaimLost');
  });

  it('ALL-03 by two machines under one claim goes on in one of them', async () => {
    const { ledger, claim, invoke } = prepare();
    const claimed = await claim();
    await invoke(claimed, { pages: 1 });
    const read = await readReading(ledger, claimed);
    if (read === undefined) throw new Error('Nothing was read.');
    await keepReading(ledger, claimed, read, read);

    const failure = await thrownBy(keepReading(ledger, claimed, read, read));

    expect(failure.name).toBe('LedgerContended');
  });
});
