import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { textTable } from '../../../local/command/text-table.ts';
import {
  byteSize,
  counted,
  dollars,
  duration,
  instantText,
  shellWord,
} from '../../../local/command/wording.ts';

describe('numbers in words', () => {
  it.each([
    [0, '0 ms'],
    [340, '340 ms'],
    [2_449, '2.4 s'],
    [59_999, '59.9 s'],
    [60_000, '1 min'],
    [146_000, '2 min 26 s'],
    [11_100_000, '3 h 5 min'],
    [187_200_000, '2 d 4 h'],
  ])('%i milliseconds are %s', (milliseconds, expected) => {
    const text = duration(milliseconds);

    expect(text).toBe(expected);
  });

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [8_371_068, '8.4 MB'],
    [894_000, '894 kB'],
    [145_000_000, '145 MB'],
    [2_000_000_000, '2.0 GB'],
  ])('%i bytes are %s', (bytes, expected) => {
    const text = byteSize(bytes);

    expect(text).toBe(expected);
  });

  it.each([
    [0, '$0'],
    [0.00042, '$0.00042'],
    [0.0024, '$0.0024'],
    [12.3456, '$12.35'],
  ])('%d dollars are %s', (amount, expected) => {
    const text = dollars(amount);

    expect(text).toBe(expected);
  });

  it('counts one thing and many', () => {
    const texts = [counted(1, 'window'), counted(1_200, 'window')];

    expect(texts).toEqual(['1 window', '1,200 windows']);
  });

  it('writes instants in UTC', () => {
    const text = instantText(Date.UTC(2024, 4, 16, 3, 30, 0, 123));

    expect(text).toBe('2024-05-16 03:30:00Z');
  });

  it.each([
    ['a/b-1.json', 'a/b-1.json'],
    ['my data', "'my data'"],
    ["it's", String.raw`'it'\''s'`],
  ])('writes %s for a shell', (word, expected) => {
    const text = shellWord(word);

    expect(text).toBe(expected);
  });
});

describe('a table of text', () => {
  it('aligns names to the left and numbers to the right', () => {
    const columns = [{ heading: 'name' }, { heading: 'rows', numbers: true }, { heading: 'note' }];

    const lines = textTable(columns, [
      ['Réclamations', '7', ''],
      ['a', '1,000', 'late'],
    ]);

    expect(lines).toEqual(['name           rows  note', 'Réclamations      7', 'a             1,000  late']);
  });

  it('has one line a row, whatever is in the cells', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }))),
        (rows) => {
          const lines = textTable([{ heading: 'a' }, { heading: 'b' }], rows);

          expect(lines).toHaveLength(rows.length + 1);
          for (const line of lines) expect(line).not.toMatch(/\p{Cc}/u);
        },
      ),
    );
  });
});
