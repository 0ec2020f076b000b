import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readPage, recordInstant } from '../../../lambdas/dataset/page.ts';
import { recordPart } from '../../../lambdas/dataset/record-lines.ts';
import { thrownBy } from '../../support/thrown.ts';

describe('ANA-05 a page of results', () => {
  it('ANA-05 is split into its records, with cursor and total', () => {
    const page = readPage('{"data":[{"id":1},{"id":2}],"nextPageToken":"n","totalRecords":7,"metadata":{}}');

    expect(page).toEqual({ records: ['{"id":1}', '{"id":2}'], nextPageToken: 'n', totalRecords: 7 });
  });

  it.each([
    ['null', '{"data":[],"nextPageToken":null,"totalRecords":null}'],
    ['absent', ' { "data" : [ ] } '],
    ['empty', '{"data":[],"nextPageToken":""}'],
  ])('ANA-05 is the last one where its cursor is %s', (_, body) => {
    expect(readPage(Buffer.from(body))).toEqual({ records: [], nextPageToken: null });
  });

  it('REP-09 gives records as they were received, whatever is in them', () => {
    const keys = Array.from({ length: 10_000 }, (_, index) => `"key ${index}":${index}`).join(',');
    const records = [
      '{"n":9007199254740993,"m":12345678901234567890.10,"e":1E+400,"z":-0.0}',
      `{"deep":${'['.repeat(100)}1${']'.repeat(100)}}`,
      `{${keys}}`,
      '{"__proto__":{"a":1},"constructor":null,"data":[{"data":[]}]}',
      String.raw`{"a\"b.c":"\ud800","tail\\":"}],[{","\u0064ata":"\\"}`,
      '"a text"',
      '{}',
    ];

    const page = readPage(Buffer.from(`{"meta":{"data":[1]},"\\u0064ata":[${records.join(' , ')}]}`));

    expect(page.records).toEqual(records);
  });

  it('REP-09 gives each record on one line', () => {
    const { records } = readPage('{"data":[\r\n  {\r\n    "a": "b\\nc",\n    "d": [\n1 ]\n  }\n]}');

    expect(records).toEqual(['{     "a": "b\\nc",     "d": [ 1 ]   }']);
    expect(JSON.parse(records[0] ?? '')).toEqual({ a: 'b\nc', d: [1] });
  });

  it.each([
    ['a page of HTML', '<html></html>', 'not JSON'],
    ['an array', '[{"id":1}]', '(whole)'],
    ['no data', '{"rows":[]}', 'data: found nothing'],
    ['data that is no array', '{"data":{"id":1}}', 'data: found an object'],
    ['data twice', '{"data":[{"id":1}],"data":[]}', 'more than once'],
    ['a page cut off', '{"data":[{"id":1}', 'not JSON'],
    ['a cursor that is a number', '{"data":[],"nextPageToken":7}', 'nextPageToken: found a whole number'],
    ['a total that is none', '{"data":[],"totalRecords":-1}', 'totalRecords'],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), 'not UTF-8'],
  ])('ANA-05 is a format error, not an empty page, where it is %s', async (_, body, problem) => {
    const error = await thrownBy(() => readPage(body));

    expect(error.name).toBe('PageMalformed');
    expect(error.message).toContain(problem);
  });

  it('ALL-07 does not quote the body in its error', async () => {
    const error = await thrownBy(() => readPage('{"data": "secret-value", "nextPageToken": secret-value}'));

    expect(error.message).not.toContain('secret');
  });
});

describe('the instant of a record', () => {
  it.each([
    ['2024-05-15T08:30:00.123Z', '2024-05-15T08:30:00.123Z'],
    ['2024-05-15T08:30:00Z', '2024-05-15T08:30:00.000Z'],
    ['2024-05-15 08:30Z', '2024-05-15T08:30:00.000Z'],
    ['2024-05-15T23:59:59.999999Z', '2024-05-15T23:59:59.999Z'],
    ['2024-05-15T08:30:00.000+00:00', '2024-05-15T08:30:00.000Z'],
  ])('REP-08 is read from %s', (text, instant) => {
    const record = `{"interval":{"endTime":"2024-01-01T00:00:00Z","startTime":"${text}"}}`;

    expect(recordInstant(record, 'interval.startTime')).toBe(Date.parse(instant));
  });

  it.each(['2024-05-15T08:30:00.000', '2024-05-15T08:30:00+02:00', '2024-05-15T08:30:00.000-0500'])(
    'REP-07 is refused by name where it is %s',
    async (text) => {
      const error = await thrownBy(() => recordInstant(`{"at":"${text}"}`, 'at'));

      expect([error.name, error.facts]).toEqual(['TimestampNotUtc', { field: 'at' }]);
      expect(error.message).not.toContain(text);
    },
  );

  it.each([
    ['{"interval":{}}'],
    ['{"interval":null}'],
    ['{"interval":{"startTime":null}}'],
    ['{"interval":{"startTime":1715760000000}}'],
    ['{"interval":{"startTime":"2024-02-30T00:00:00Z"}}'],
    ['{"interval":{"startTime":"yesterday"}}'],
    ['"a text"'],
    ['[]'],
  ])('REP-09 is none in %s', (record) => {
    expect(recordInstant(record, 'interval.startTime')).toBeUndefined();
  });

  it('REP-09 is found under keys that contain dots, the last one where a key comes twice', () => {
    const record = String.raw`{"a.b":{"c\\":"2024-05-14T00:00:00Z"},"a.b":{"c\\":"2024-05-15T00:00:00Z"}}`;

    expect(recordInstant(record, String.raw`a\.b.c\\`)).toBe(Date.parse('2024-05-15T00:00:00Z'));
  });
});

describe('a stored part of records', () => {
  it('ANA-05 holds a line a record, and the same bytes however the records came in pages', async () => {
    async function bytesOf(pages: string[][]): Promise<Buffer> {
      async function* given() {
        yield* pages;
      }
      const pieces: Buffer[] = [];
      for await (const piece of recordPart(given())) pieces.push(piece);
      return Buffer.concat(pieces);
    }

    const [one, other] = [
      await bytesOf([['{"a":1}', '{"a":2}'], [], ['{"é":3}']]),
      await bytesOf([['{"a":1}'], ['{"a":2}', '{"é":3}']]),
    ];

    expect(gunzipSync(one).toString('utf8')).toBe('{"a":1}\n{"a":2}\n{"é":3}\n');
    expect(one).toEqual(other);
  });
});
