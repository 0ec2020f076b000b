import { describe, expect, it } from 'vitest';
import { transformWindow } from '../../../lambdas/dataset/transform.ts';
import { factIn, isError } from '../../../lambdas/model/errors.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import {
  lakeColumn,
  quarantine,
  requestFor,
  stoppedClock,
  TEXTS,
  transform,
} from '../../support/window-transform.ts';

const AT = '2024-05-15T12:00:00.000Z';
const texts = { mapping: TEXTS, key: ['id'] };

describe('CDR-10 rejects', () => {
  it('CDR-10 quarantines each kind of bad row with its part, line, reason and raw values, and keeps the good ones', async () => {
    const part = [
      'Id,At,Note',
      `1,${AT},"two\nlines"`,
      `2,yesterday,b`,
      `,${AT},c`,
      `4,${AT}`,
      '',
      `5,${AT},d,e,f`,
      `6,${AT},"a"b`,
      `7,${AT},g`,
    ].join('\n');

    const transformed = await transform([`Id,At,Note\n0,${AT},z`, part], texts);

    expect(await lakeColumn(transformed, 'id')).toEqual(['0', '1', '7']);
    expect(quarantine(transformed.store, 'rejects')).toEqual([
      {
        part: 2,
        line: 4,
        reason: 'TypeMismatch',
        column: 'At',
        row: { Id: '2', At: 'yesterday', Note: 'b' },
      },
      { part: 2, line: 5, reason: 'RequiredValueMissing', column: 'Id', row: { Id: '', At: AT, Note: 'c' } },
      { part: 2, line: 6, reason: 'WrongWidth', row: { Id: '4', At: AT } },
      { part: 2, line: 8, reason: 'WrongWidth', row: { Id: '5', At: AT, Note: 'd' }, surplus: ['e', 'f'] },
      { part: 2, line: 9, reason: 'BadQuoting', text: `6,${AT},"a"b\n` },
    ]);
    expect(transformed.result.counts).toMatchObject({ parsed: 8, rejects: 5, rowsOut: 3 });
  });

  it('CDR-10 rejects a row with one empty field too many: an unquoted comma would move its values', async () => {
    const transformed = await transform([`Id,At,Note\n1,${AT},Smith, John\n2,${AT},x,\n3,${AT},y`], texts);

    expect(await lakeColumn(transformed, 'id')).toEqual(['3']);
    expect(quarantine(transformed.store, 'rejects')).toMatchObject([
      { line: 2, reason: 'WrongWidth', surplus: [' John'] },
      { line: 3, reason: 'WrongWidth', surplus: [''] },
    ]);
  });

  it('CDR-10 rejects a row that is not UTF-8 and no other', async () => {
    const bytes = Buffer.concat([
      Buffer.from(`Id,At,Note\n1,${AT},`),
      Buffer.from([0xff]),
      Buffer.from(`\n2,${AT},é\n`),
    ]);

    const transformed = await transform([bytes], texts);

    expect(await lakeColumn(transformed, 'note')).toEqual(['é']);
    expect(quarantine(transformed.store, 'rejects')).toMatchObject([{ line: 2, reason: 'BadEncoding' }]);
  });

  it('CDR-10 counts lines as the part has them, after a header of two lines and a byte-order mark', async () => {
    const { store } = await transform([`\ufeffId,At,"No\r\nte"\r\n1,${AT},a\r\n2,x,b`], texts);

    expect(quarantine(store, 'rejects')).toMatchObject([
      { line: 4, row: { Id: '2', At: 'x', 'No\r\nte': 'b' } },
    ]);
  });

  it('CDR-10 stops the window above the threshold: quarantine is written, the lake is not', async () => {
    const store = memoryObjectStore();
    const request = await requestFor(store, [`Id,At,Note\n1,${AT},a\n2,x,b\n3,${AT},c`], {
      ...texts,
      thresholds: { rejects: 0.3, outsideWindow: 1 },
    });

    const error = await transformWindow(request, { objects: store, clock: stoppedClock }).catch(
      (caught: unknown) => caught,
    );

    expect(isError(error, 'RejectsAboveThreshold')).toBe(true);
    expect(store.writes).toHaveLength(1);
    expect(factIn(String(error), 'quarantine')).toBe(store.writes[0]);
    expect(quarantine(store, 'rejects')).toMatchObject([{ part: 1, line: 3 }]);
  });

  it('CDR-10 lets rejects at the threshold pass', async () => {
    const { result } = await transform([`Id,At,Note\n1,${AT},a\n2,x,b`], {
      ...texts,
      thresholds: { rejects: 0.5, outsideWindow: 1 },
    });

    expect(result.counts).toMatchObject({ rejects: 1, rowsOut: 1 });
    expect(result.quarantineKeys).toEqual([
      expect.stringMatching(/^quarantine\/acme\/cdr\/.*\/rejects\.jsonl\.gz$/),
    ]);
  });
});
