import { describe, expect, it } from 'vitest';
import { transformWindow } from '../../../lambdas/dataset/transform.ts';
import { isError } from '../../../lambdas/model/errors.ts';
import { Mapping, type NewFields } from '../../../lambdas/model/mapping.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { thrownBy } from '../../support/thrown.ts';
import {
  lakeColumn,
  lakeRows,
  quarantine,
  requestFor,
  stoppedClock,
  TEXTS,
  transform,
} from '../../support/window-transform.ts';

const AT = '2024-05-15T12:00:00.000Z';
const RENAMED = Mapping.parse({
  ...TEXTS,
  columns: TEXTS.columns.map((column) =>
    column.column === 'note' ? { ...column, aliases: ['Remark', 'Comment'] } : column,
  ),
});

async function refusal(texts: readonly string[], mapping = TEXTS) {
  const store = memoryObjectStore();
  const request = await requestFor(store, texts, { mapping, key: ['id'] });
  const error = await transformWindow(request, { objects: store, clock: stoppedClock }).catch(
    (caught: unknown) => caught,
  );
  return { error, written: store.writes };
}

describe('CDR-09 columns by name', () => {
  it('CDR-09 finds columns wherever a part has them, under their name or an alias', async () => {
    const parts = [`Id,At,Note\n1,${AT},a`, `Remark,At,Id\nb,${AT},2`, `At,Id,Comment\n${AT},3,c`];

    const transformed = await transform(parts, { mapping: RENAMED, key: ['id'] });

    expect(await lakeRows(transformed, 'SELECT id, note FROM lake')).toEqual([
      { id: '1', note: 'a' },
      { id: '2', note: 'b' },
      { id: '3', note: 'c' },
    ]);
    expect(transformed.result.drift).toEqual({ unknownColumns: [], missingOptional: [], convertedParts: [] });
  });

  it('CDR-10 puts unknown columns into extra_columns by their name, hostile ones too, and reports each once', async () => {
    const parts = [
      `Id,At,Note,"New ""x"", y",Skill\n1,${AT},a,v,\n2,${AT},b,,`,
      `Skill,Id,At,Note\ns,3,${AT},c`,
    ];

    const transformed = await transform(parts, { mapping: TEXTS, key: ['id'] });

    expect(await lakeColumn(transformed, 'extra_columns')).toEqual([
      '{"New \\"x\\", y":"v"}',
      null,
      '{"Skill":"s"}',
    ]);
    expect(transformed.result.drift.unknownColumns).toEqual(['New "x", y', 'Skill']);
  });

  it('CDR-10 reports an optional column that a part lacks and fills it with nulls', async () => {
    const transformed = await transform([`Id,At,Note\n1,${AT},a`, `Id,At\n2,${AT}`], {
      mapping: TEXTS,
      key: ['id'],
    });

    expect(await lakeColumn(transformed, 'note')).toEqual(['a', null]);
    expect(transformed.result.drift.missingOptional).toEqual(['note']);
  });

  it('CDR-10 stops the window for required columns that are missing, all of them named, and writes nothing', async () => {
    const { error, written } = await refusal([`Id,At\n1,${AT}`, 'Note\na', 'id,At\n']);

    expect(isError(error, 'RequiredColumnMissing')).toBe(true);
    expect(String(error)).toContain('part 2 lacks "Id"; part 2 lacks "At"; part 3 lacks "Id"');
    expect(written).toEqual([]);
  });

  it('CDR-10 stops the window for two columns of one meaning', async () => {
    const { error, written } = await refusal([`Id,At,Note,Remark\n1,${AT},a,b`], RENAMED);

    expect(isError(error, 'RequiredColumnMissing')).toBe(true);
    expect(String(error)).toContain('part 1 has 2 columns for note: "Note", "Remark"');
    expect(written).toEqual([]);
  });

  it.each([
    ['a name that occurs twice', `Id,At,X,X\n1,${AT},a,b`, 'two columns called "X"'],
    ['no bytes', '', 'no header row'],
    ['a blank header', `\n1,${AT}\n`, 'no header row'],
    ['line ends of carriage returns alone', `Id,At\r1,${AT}\r`, 'carriage return'],
    ['a quote that is never closed', `Id,At,Note\n1,${AT},"a\n2,${AT},b\n`, 'never closed'],
    ['a quote that is never closed in the last field', `Id,At,Note\n1,${AT},"a`, 'never closed'],
  ])('CDR-09 calls a part with %s malformed', async (_, part, says) => {
    const { error, written } = await refusal([part]);

    expect(isError(error, 'PartMalformed')).toBe(true);
    expect(String(error)).toContain(says);
    expect(written).toEqual([]);
  });

  it('CDR-09 never makes data of a header row that is repeated within a part', async () => {
    const { result } = await transform([`Id,At,Note\n1,${AT},a\nId,At,Note\n2,${AT},b`], {
      mapping: TEXTS,
      key: ['id'],
    });

    expect(result.counts).toMatchObject({ parsed: 3, rejects: 1, rowsOut: 2 });
  });

  it('CDR-09 reads a part whose quoted header has the other kind of line end in it', async () => {
    const transformed = await transform([`Id,At,"No\nte"\r\n1,${AT},a\r\n2,${AT},b\r\n`], {
      mapping: TEXTS,
      key: ['id'],
    });

    expect(await lakeColumn(transformed, 'extra_columns')).toEqual(['{"No\\nte":"a"}', '{"No\\nte":"b"}']);
  });

  it('CDR-09 reads a part whose byte-order mark stands before a quoted name', async () => {
    const transformed = await transform([`\ufeff"Id","At","No\nte"\n1,${AT},a\n`], {
      mapping: TEXTS,
      key: ['id'],
    });

    expect(await lakeColumn(transformed, 'extra_columns')).toEqual(['{"No\\nte":"a"}']);
  });

  it('CDR-09 reads a part whose line ends are of both kinds', async () => {
    const transformed = await transform([`Id,At,Note\r\n1,${AT},a\n2,${AT},"b\r\nc"\r\n3,${AT},d\n`], {
      mapping: TEXTS,
      key: ['id'],
    });

    expect(await lakeColumn(transformed, 'note')).toEqual(['a', 'b\r\nc', 'd']);
  });
});

describe('REP-06 new fields of an export’s parts', () => {
  const at = '2024-05-15T08:00:00Z';
  const parts = {
    csv: [`Id,At,Note,Mood\na,${at},x,good\na,${at},x,bad\n`, `At,Id\n${at},b\n`],
    json: [
      JSON.stringify([
        { Id: 'a', At: at, Note: 'x', Mood: 'good' },
        { Id: 'a', At: at, Note: 'x', Mood: 'bad' },
      ]),
      JSON.stringify([{ At: at, Id: 'b' }]),
    ],
  };
  const following = (newFields: NewFields, format: keyof typeof parts) =>
    transform(parts[format], { format, key: ['id'], mapping: Mapping.parse({ ...TEXTS, newFields }) });

  it.each(['csv', 'json'] as const)('REP-06 extra keeps them by name, in %s', async (format) => {
    const done = await following('extra', format);

    expect(await lakeColumn(done, 'extra_columns')).toEqual(['{"Mood":"bad"}', null]);
    expect(done.result.counts).toMatchObject({ rowsOut: 2, superseded: 1, duplicates: 0 });
    expect(quarantine(done.store, 'superseded')).toMatchObject([{ row: { Mood: 'good' } }]);
    expect(done.result.drift.unknownColumns).toEqual(['Mood']);
  });

  it.each(['csv', 'json'] as const)(
    'REP-06 ignore leaves them out, also where rows are compared, and names them all the same, in %s',
    async (format) => {
      const done = await following('ignore', format);

      expect(await lakeColumn(done, 'extra_columns')).toEqual([null, null]);
      expect(done.result.counts).toMatchObject({ rowsOut: 2, superseded: 0, duplicates: 1 });
      expect(done.result.drift.unknownColumns).toEqual(['Mood']);
    },
  );

  it.each(['csv', 'json'] as const)('REP-06 fail stops by name and writes nothing, in %s', async (format) => {
    const store = memoryObjectStore();
    const mapping = Mapping.parse({ ...TEXTS, newFields: 'fail' });
    const request = await requestFor(store, parts[format], { format, key: ['id'], mapping });

    const error = await thrownBy(transformWindow(request, { objects: store, clock: stoppedClock }));

    expect([error.name, error.message]).toEqual(['FieldsUnknown', expect.stringContaining('"Mood"')]);
    expect(store.writes).toEqual([]);
  });

  it('REP-06 tells generations of different policies apart', async () => {
    const made = [await following('extra', 'csv'), await following('ignore', 'csv')];

    expect(new Set(made.map(({ result }) => result.generation)).size).toBe(2);
  });
});
