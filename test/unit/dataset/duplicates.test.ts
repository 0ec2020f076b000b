import { describe, expect, it } from 'vitest';
import { lakeRows, quarantine, TEXTS, transform } from '../../support/window-transform.ts';

const AT = '2024-05-15T12:00:00.000Z';
const texts = { mapping: TEXTS, key: ['id'] };
const kept = 'SELECT id, note FROM lake';

describe('CDR-12 duplicates', () => {
  it('CDR-12 drops identical rows, within a part and across parts, and counts them', async () => {
    const parts = [`Id,At,Note\n1,${AT},a\n2,${AT},b\n1,${AT},a`, `Note,Id,At\na,1,${AT}\nc,3,${AT}`];

    const transformed = await transform(parts, texts);

    expect(await lakeRows(transformed, kept)).toEqual([
      { id: '2', note: 'b' },
      { id: '1', note: 'a' },
      { id: '3', note: 'c' },
    ]);
    expect(transformed.result.counts).toMatchObject({ parsed: 5, duplicates: 2, superseded: 0, rowsOut: 3 });
    expect(transformed.result.quarantineKeys).toEqual([]);
  });

  it('CDR-12 lets the last row of a key by part and line win and quarantines the others as superseded', async () => {
    const parts = [`Id,At,Note\n1,${AT},old\n1,${AT},older than new`, `Id,At,Note\n1,${AT},new`];

    const transformed = await transform(parts, texts);

    expect(await lakeRows(transformed, kept)).toEqual([{ id: '1', note: 'new' }]);
    expect(quarantine(transformed.store, 'superseded')).toEqual([
      { part: 1, line: 2, reason: 'Superseded', row: { Id: '1', At: AT, Note: 'old' } },
      { part: 1, line: 3, reason: 'Superseded', row: { Id: '1', At: AT, Note: 'older than new' } },
    ]);
    expect(transformed.result.counts).toMatchObject({ duplicates: 0, superseded: 2, rowsOut: 1 });
  });

  it('CDR-12 tells duplicates and superseded rows of one key apart', async () => {
    const notes = ['a', 'b', 'a', 'b', 'c', 'b'];

    const transformed = await transform(
      [`Id,At,Note\n${notes.map((note) => `1,${AT},${note}`).join('\n')}`],
      texts,
    );

    expect(await lakeRows(transformed, kept)).toEqual([{ id: '1', note: 'b' }]);
    expect(quarantine(transformed.store, 'superseded').map(({ line }) => line)).toEqual([4, 6]);
    expect(transformed.result.counts).toMatchObject({ duplicates: 3, superseded: 2, rowsOut: 1 });
  });

  it('CDR-12 compares what the source says: the same instant spelled otherwise, or another unknown column, is other content', async () => {
    const parts = [
      `Id,At,Note,X\n1,2024-05-15T12:00:00Z,a,x\n2,${AT},b,x`,
      `Id,At,Note,X\n1,2024-05-15T14:00:00+02:00,a,x\n2,${AT},b,y`,
    ];

    const { result } = await transform(parts, texts);

    expect(result.counts).toMatchObject({ duplicates: 0, superseded: 2, rowsOut: 2 });
  });

  it('CDR-12 needs all columns of the key to be equal', async () => {
    const part = `Id,At,Note\n1,${AT},a\n1,${AT},b\n1,2024-05-15T13:00:00.000Z,a\n1,${AT},a`;

    const transformed = await transform([part], { mapping: TEXTS, key: ['id', 'note', 'at'] });

    expect(transformed.result.counts).toMatchObject({ duplicates: 1, superseded: 0, rowsOut: 3 });
  });

  it('CDR-12 rejects rows without a value in the key: they are nobody’s duplicates', async () => {
    const transformed = await transform([`Id,At,Note\n1,${AT},\n2,${AT},\n3,${AT},c`], {
      mapping: TEXTS,
      key: ['note'],
    });

    expect(transformed.result.counts).toMatchObject({ rejects: 2, duplicates: 0, rowsOut: 1 });
  });

  it('CDR-12 never lets a reject win over a good row of the same key', async () => {
    const transformed = await transform([`Id,At,Note\n1,${AT},a\n1,never,b`], texts);

    expect(await lakeRows(transformed, kept)).toEqual([{ id: '1', note: 'a' }]);
    expect(transformed.result.counts).toMatchObject({ rejects: 1, superseded: 0, rowsOut: 1 });
  });
});
