import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LineFinder } from '../../../lambdas/dataset/line-finder.ts';
import { lakeColumn, quarantine, TEXTS, transform } from '../../support/window-transform.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'line-finder-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function found(text: string, numbers: readonly number[]): Promise<(string | undefined)[]> {
  const file = join(folder, 'lines');
  await writeFile(file, text);
  await using lines = await LineFinder.open(file);
  const answers: (string | undefined)[] = [];
  for (const number of numbers) {
    const line = await lines.find(number);
    if (line !== undefined) expect(line.line).toBe(number);
    answers.push(line?.bytes.toString('utf8'));
  }
  return answers;
}

describe('CDR-10 lines found by their numbers', () => {
  it('are those of the file, whichever are asked for, and none beyond the last', async () => {
    const lines = fc.array(fc.constantFrom('', 'a', 'bü', '"', '\r', ','), { maxLength: 12 });
    const wanted = fc.subarray(Array.from({ length: 14 }, (_, index) => index + 1));
    await fc.assert(
      fc.asyncProperty(lines, fc.boolean(), wanted, async (texts, ended, numbers) => {
        const text = texts.join('\n') + (ended ? '\n' : '');
        const expected = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];

        expect(await found(text, numbers)).toEqual(numbers.map((number) => expected[number - 1]));
      }),
      { numRuns: 200 },
    );
  });

  it('are whole where they reach over blocks', async () => {
    const long = 'x'.repeat(1_500_000);

    const answers = await found(`a\n${long}\n${long}b\nc\nd\n`, [2, 4, 5]);

    expect(answers).toEqual([`${long}\n`, 'c\n', 'd\n']);
  });

  it('tell the lines of a part with and without blank lines, quoted line feeds and line ends of two characters', async () => {
    const at = '2024-05-15T12:00:00.000Z';
    const good = (id: number) => `${id},${at},n`;
    const parts = [
      ['Id,At,Note', good(1), '2,no,b', good(3), '4,no,d'].join('\n'),
      ['Id,At,Note', good(5), '6,no,b', ''].join('\r\n'),
      ['Id,At,Note', `7,${at},"a\nb"`, '', '8,no,b', ''].join('\n'),
    ];

    const transformed = await transform(parts, { mapping: TEXTS, key: ['id'] });

    const lines = quarantine(transformed.store, 'rejects').map(({ part, line, row }) => [part, line, row]);
    expect(await lakeColumn(transformed, 'id')).toEqual(['1', '3', '5', '7']);
    expect(lines).toEqual([
      [1, 3, { Id: '2', At: 'no', Note: 'b' }],
      [1, 5, { Id: '4', At: 'no', Note: 'd' }],
      [2, 3, { Id: '6', At: 'no', Note: 'b' }],
      [3, 5, { Id: '8', At: 'no', Note: 'b' }],
    ]);
  });
});
