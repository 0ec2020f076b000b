import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { usualColumns } from '../../../local/cxone/data/columns.ts';
import { type DayPlan, planDay } from '../../../local/cxone/data/day-plan.ts';
import { digestRows, expectDay } from '../../../local/cxone/data/expectation.ts';
import { partContent } from '../../../local/cxone/data/part-content.ts';
import { partFacts } from '../../../local/cxone/data/part-facts.ts';
import {
  type DaySettings,
  type Export,
  type LayoutSettings,
  usualDay,
  usualLayout,
} from '../../../local/cxone/data/settings.ts';
import { collected, loadCsv, loadJson } from './reference-loader.ts';

const day = '2024-05-15';
const upTo = (most: number) => fc.integer({ min: 0, max: most });

const settings: fc.Arbitrary<DaySettings> = fc
  .record({
    rows: upTo(120),
    parts: fc.integer({ min: 1, max: 6 }),
    duplicates: upTo(9),
    superseded: upTo(9),
    rejects: upTo(9),
    wrongWidth: upTo(9),
    outside: upTo(9),
    unknownColumns: upTo(3),
  })
  .map((drawn) => (drawn.rows === 0 ? { ...drawn, duplicates: 0, superseded: 0 } : drawn));
const layout: fc.Arbitrary<LayoutSettings> = fc.record({
  bom: fc.boolean(),
  crlf: fc.boolean(),
  finalNewline: fc.boolean(),
  rotateColumns: fc.boolean(),
  wildText: fc.boolean(),
  missingColumn: fc.constantFrom(undefined, 'Disposition', 'AgentName'),
  lastPartUnit: fc.constant('seconds'),
  headerOnlyPart: fc.boolean(),
});

function exported(changes: Partial<Export> = {}): Export {
  return {
    seed: 'test',
    day,
    settings: { ...usualDay, rows: 1000 },
    layout: usualLayout,
    format: 'csv',
    columns: usualColumns,
    filters: {},
    ...changes,
  };
}

function bytesOf(plan: DayPlan): Buffer[] {
  return plan.parts.map((part) => Buffer.concat([...partContent(plan, part)]));
}

describe('the data of a simulated day', () => {
  it('CDR-13 holds exactly the counts asked for, whatever the layout, as an independent loader finds', async () => {
    await fc.assert(
      fc.asyncProperty(settings, layout, fc.string({ minLength: 1 }), async (drawn, written, seed) => {
        const wanted = exported({ seed, settings: drawn, layout: written });

        const expected = await expectDay(wanted);
        const loaded = loadCsv(bytesOf(planDay(wanted)), day);

        expect(loaded).toMatchObject({
          rows: drawn.rows + drawn.duplicates + drawn.superseded + expected.rejects + drawn.outside,
          duplicates: drawn.duplicates,
          superseded: drawn.superseded,
          rejects: drawn.rejects + drawn.wrongWidth,
          outside: drawn.outside,
        });
        expect(loaded.distinct).toHaveLength(drawn.rows + drawn.outside);
        expect(await digestRows(loaded.distinct, usualColumns)).toBe(await expected.digest());
        expect(expected).toMatchObject({
          rows: loaded.rows,
          distinct: loaded.distinct.length,
          duplicates: loaded.duplicates,
          superseded: loaded.superseded,
          rejects: loaded.rejects,
          wrongWidth: drawn.wrongWidth,
          outside: loaded.outside,
        });
      }),
      { numRuns: 150 },
    );
  });

  it('CDR-12 gives each older line of a CallId content of its own, also where one call has several', async () => {
    const wanted = exported({ settings: { ...usualDay, rows: 3000, superseded: 5400 } });

    const loaded = loadCsv(bytesOf(planDay(wanted)), day);

    expect(loaded).toMatchObject({ rows: 8400, superseded: 5400, duplicates: 0 });
    expect(loaded.distinct).toHaveLength(3000);
  });

  it('CDR-14 is the same in JSON, where a record has no width', async () => {
    await fc.assert(
      fc.asyncProperty(settings, async (drawn) => {
        const wanted = exported({ settings: drawn, format: 'json' });

        const loaded = loadJson(bytesOf(planDay(wanted)), day);
        const ofCsv = await expectDay(exported({ settings: drawn }));

        expect(loaded).toMatchObject({
          rows: ofCsv.rows,
          duplicates: ofCsv.duplicates,
          superseded: ofCsv.superseded,
          rejects: ofCsv.rejects,
          outside: ofCsv.outside,
        });
        expect(await digestRows(loaded.distinct, usualColumns)).toBe(await ofCsv.digest());
      }),
      { numRuns: 50 },
    );
  });

  it('is the same bytes for the same seed and day, and others for others', () => {
    const digest = (changes: Partial<Export>) =>
      createHash('sha256')
        .update(Buffer.concat(bytesOf(planDay(exported(changes)))))
        .digest('hex');

    const digests = [{}, {}, { seed: 'other' }, { day: '2024-05-16' }].map(digest);

    expect(digests[0]).toBe(digests[1]);
    expect(new Set(digests).size).toBe(3);
  });

  it('is the same calls in any number of parts', async () => {
    const inParts = (parts: number) => exported({ settings: { ...usualDay, rows: 1000, parts } });

    const digests = await Promise.all(
      [1, 2, 7, 1000, 1500].map(async (parts) =>
        digestRows(loadCsv(bytesOf(planDay(inParts(parts))), day).distinct, usualColumns),
      ),
    );

    expect(new Set(digests).size).toBe(1);
  });

  it('follows a day: durations are EndTime − StartTime, start times rise, and the morning is busier than the night', async () => {
    const { distinctRows } = await expectDay(exported({ settings: { ...usualDay, rows: 5000 } }));

    const rows = await collected(distinctRows());

    const starts = rows.map((row) => Date.parse(row.StartTime ?? ''));
    const hour = (wanted: number) =>
      starts.filter((start) => new Date(start).getUTCHours() === wanted).length;
    expect(starts).toEqual(starts.toSorted((one, other) => one - other));
    expect(
      rows.every(
        (row, position) =>
          Date.parse(row.EndTime ?? '') - (starts[position] ?? 0) === Number(row.Duration) * 1000,
      ),
    ).toBe(true);
    expect(rows.every((row) => (row.StartTime ?? '').startsWith(day))).toBe(true);
    expect(hour(10)).toBeGreaterThan(10 * hour(2));
  });

  it('CDR-11 has texts that are easily spoilt: leading + and zeros, accents, commas, quotes, empty ones', async () => {
    const { distinctRows } = await expectDay(exported());

    const rows = await collected(distinctRows());

    const has = (column: string, pattern: RegExp) => rows.some((row) => pattern.test(row[column] ?? ''));
    expect(has('CustomerNumber', /^\+/)).toBe(true);
    expect(has('CustomerNumber', /^0/)).toBe(true);
    expect(has('AgentNumber', /^00/)).toBe(true);
    expect(has('AgentName', /é|ø/)).toBe(true);
    expect(has('AgentName', /,/)).toBe(true);
    expect(has('AgentName', /"/)).toBe(true);
    expect(has('AgentName', /^$/)).toBe(true);
    expect(has('CallId', /^0/)).toBe(true);
  });

  it('only holds the segments and skill groups asked for', async () => {
    const columns = [...usualColumns, 'Skill', 'HoldTime', 'Transferred'];
    const all = await expectDay(exported({ columns }));
    const filters = { segments: ['business'], skillGroups: ['Sales'] };

    const filtered = await expectDay(exported({ columns, filters }));

    const skills = new Set((await collected(filtered.distinctRows())).map((row) => row.Skill ?? ''));
    expect(skills).toEqual(new Set(['New contracts', 'Renewals', 'Call-backs']));
    expect(filtered.rows).toBeGreaterThan(0);
    expect(filtered.rows).toBeLessThan(all.rows);
    expect(loadCsv(bytesOf(planDay(exported({ columns, filters }))), day).rows).toBe(filtered.rows);
  });

  it('has lines only that the columns asked for can show', async () => {
    const odd = { ...usualDay, rows: 50, rejects: 5, superseded: 5 };

    const expected = await expectDay(exported({ settings: odd, columns: ['CallId', 'AgentName'] }));

    expect(expected).toMatchObject({ rows: 50, distinct: 50, rejects: 0, superseded: 0 });
  });

  it('tells length, digest and rows of each part as they are', async () => {
    const plan = planDay(exported({ settings: { ...usualDay, rows: 9000, duplicates: 7 } }));

    const facts = await Promise.all(plan.parts.map((part) => partFacts(plan, part)));

    const parts = bytesOf(plan);
    expect(facts.map(({ size }) => size)).toEqual(parts.map((part) => part.length));
    expect(facts.map(({ sha256 }) => sha256)).toEqual(
      parts.map((part) => createHash('sha256').update(part).digest('hex')),
    );
    expect(facts.reduce((sum, { rows }) => sum + rows, 0)).toBe(9007);
  });
});
