import { describe, expect } from 'vitest';
import { digestRows, usualColumns } from '../../../local/cxone/index.ts';
import { dataScenarios } from '../../../local/cxone/scenarios/data-scenarios.ts';
import { loadCsv } from './reference-loader.ts';
import { shownScenarios } from './shown-scenarios.ts';
import { day, open } from './simulator-client.ts';

const { shows, all } = shownScenarios(dataScenarios);

/** Exports a day of 300 calls under scenarios, with what was expected of it. */
async function exportUnder(...scenarios: string[]) {
  const { client, simulator } = await open({ rows: 300, scenarios });
  const job = await client.finished();
  const parts = await client.parts(job);
  return { job, parts, texts: parts.map(String), expected: await simulator.expectedDay(day) };
}

function headers(texts: readonly string[]): (string | undefined)[] {
  return texts.map((text) => text.split(/\r?\n/)[0]);
}

describe('data scenarios', () => {
  const usualHeader = usualColumns.join(',');

  shows('rows', 'makes a day of so many calls', async () => {
    const { parts, expected } = await exportUnder('rows:70');

    const loaded = loadCsv(parts, day);

    expect([loaded.rows, loaded.distinct.length, expected.rows]).toEqual([70, 70, 70]);
  });

  shows('parts', 'splits the export, each part with its header', async () => {
    const { job, texts } = await exportUnder('parts:4');

    const perPart = job.files?.map((file) => file.recordCount);

    expect(perPart).toEqual([75, 75, 75, 75]);
    expect(headers(texts)).toEqual(Array.from({ length: 4 }, () => usualHeader));
  });

  shows('duplicates', 'repeats lines, within and across parts', async () => {
    const { parts, job } = await exportUnder('duplicates:30');

    const loaded = loadCsv(parts, day);

    const apart = parts.map((part) => loadCsv([part], day).duplicates).reduce((sum, count) => sum + count, 0);
    expect(loaded).toMatchObject({ rows: 330, duplicates: 30, superseded: 0 });
    expect(job.recordCount).toBe(330);
    expect(apart).toBeLessThan(30);
  });

  shows('superseded', 'brings an older line of a CallId before the last', async () => {
    const { parts, expected } = await exportUnder('superseded:12');

    const loaded = loadCsv(parts, day);

    expect(loaded).toMatchObject({ rows: 312, superseded: 12, duplicates: 0 });
    expect(await digestRows(loaded.distinct, usualColumns)).toBe(await expected.digest());
  });

  shows('rejects', 'has values that cannot be of their type', async () => {
    const { parts, texts } = await exportUnder('rejects:9');

    const loaded = loadCsv(parts, day);

    expect(loaded).toMatchObject({ rows: 309, rejects: 9 });
    expect(texts.join('')).toContain('not-a-date');
    expect(texts.join('')).toContain(',abc,');
  });

  shows('wrong-width', 'has lines with a field too few and too many', async () => {
    const { texts, parts } = await exportUnder('wrong-width:8');

    const surplus = texts.join('').match(/,surplus$/gm) ?? [];

    expect(loadCsv(parts, day)).toMatchObject({ rows: 308, rejects: 8 });
    expect(surplus).toHaveLength(4);
  });

  shows('outside', 'has calls that start on the day before', async () => {
    const { parts } = await exportUnder('outside:6');

    const loaded = loadCsv(parts, day);

    const before = loaded.distinct.filter((row) => row.StartTime?.startsWith('2024-05-14T23:5'));
    expect(loaded).toMatchObject({ rows: 306, outside: 6 });
    expect(before).toHaveLength(6);
  });

  shows('drift', 'appends columns that nobody asked for', async () => {
    const { texts, expected } = await exportUnder('drift:2');

    const found = headers(texts);

    expect(expected.unknownColumns).toEqual(['AddedColumn1', 'AddedColumn2']);
    expect(found).toEqual(Array.from({ length: 3 }, () => `${usualHeader},AddedColumn1,AddedColumn2`));
  });

  shows('bom', 'begins every part with a byte-order mark', async () => {
    const { parts } = await exportUnder('bom');

    const starts = parts.map((part) => part.subarray(0, 4).toString('hex'));

    expect(starts).toEqual(Array.from({ length: 3 }, () => 'efbbbf43'));
  });

  shows('crlf', 'ends every line with CRLF', async () => {
    const { texts } = await exportUnder('crlf');

    const lines = texts.map((text) => [text.match(/\r\n/g)?.length, text.match(/\n/g)?.length]);

    expect(lines).toEqual(Array.from({ length: 3 }, () => [101, 101]));
  });

  shows('no-final-newline', 'leaves the last line without its end', async () => {
    const { texts, parts } = await exportUnder('no-final-newline');

    const ends = texts.map((text) => text.endsWith('\n'));

    expect(ends).toEqual([false, false, false]);
    expect(loadCsv(parts, day).rows).toBe(300);
  });

  shows(
    'column-order',
    'orders the columns of each part differently, with the values under their names',
    async () => {
      const { texts, parts, expected } = await exportUnder('column-order');

      const found = headers(texts);

      expect(new Set(found).size).toBe(3);
      expect(await digestRows(loadCsv(parts, day).distinct, usualColumns)).toBe(await expected.digest());
    },
  );

  shows('quoted-fields', 'has commas, quotes and newlines in fields', async () => {
    const { parts, expected } = await exportUnder('quoted-fields');

    const { distinct } = loadCsv(parts, day);

    expect(distinct.every((row) => /,.*"[\s\S]*\n/.test(row.Disposition ?? ''))).toBe(true);
    expect(await digestRows(distinct, usualColumns)).toBe(await expected.digest());
  });

  shows('missing-column', 'leaves a column out of the last part', async () => {
    const { texts } = await exportUnder('missing-column:Disposition');

    const found = headers(texts);

    expect(found).toEqual([usualHeader, usualHeader, usualHeader.replace('Disposition,', '')]);
  });

  shows('type-change', 'writes Duration in decimal milliseconds in the last part', async () => {
    const { parts, expected } = await exportUnder('type-change');

    const perPart = parts.map((part) => loadCsv([part], day).distinct);

    const seconds = perPart.flatMap((rows, part) =>
      rows.map((row) => ({ ...row, Duration: String(Number(row.Duration) / (part === 2 ? 1000 : 1)) })),
    );
    expect(perPart[2]?.every((row) => /^\d+000\.0$/.test(row.Duration ?? ''))).toBe(true);
    expect(await digestRows(seconds, usualColumns)).toBe(await expected.digest());
  });

  shows('duration-unclear', 'writes Duration in decimal minutes in the last part', async () => {
    const { parts } = await exportUnder('duration-unclear');

    const last = loadCsv(parts.slice(2), day).distinct;

    const off = last.map((row) => {
      const seconds = (Date.parse(row.EndTime ?? '') - Date.parse(row.StartTime ?? '')) / 1000;
      return Math.abs(seconds / 60 - Number(row.Duration));
    });
    expect(Math.max(...off)).toBeLessThan(0.001);
  });

  shows('header-only-part', 'adds a second part without rows', async () => {
    const { job, texts, parts } = await exportUnder('header-only-part');

    const counts = job.files?.map((file) => file.recordCount);

    expect(counts).toEqual([100, 0, 100, 100]);
    expect(texts[1]).toBe(`${usualHeader}\n`);
    expect(loadCsv(parts, day).rows).toBe(300);
  });

  shows('empty-day', 'has one file with a header only', async () => {
    const { job, texts, expected } = await exportUnder('empty-day');

    const listed = [job.recordCount, job.files?.length, expected.rows];

    expect(listed).toEqual([0, 1, 0]);
    expect(texts).toEqual([`${usualHeader}\n`]);
  });

  shows('empty-day-no-files', 'has no files and a recordCount of 0', async () => {
    const { job } = await exportUnder('empty-day-no-files');

    const listed = { files: job.files, recordCount: job.recordCount };

    expect(listed).toEqual({ files: [], recordCount: 0 });
  });

  all();
});
