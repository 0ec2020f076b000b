import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { transformRecords } from '../../../lambdas/dataset/transform-records.ts';
import { Mapping } from '../../../lambdas/model/mapping.ts';
import type { RejectReason } from '../../../lambdas/model/run-record.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { NESTED, nestedRecord, recordRequest, transformed } from '../../support/record-transform.ts';
import { thrownBy } from '../../support/thrown.ts';
import {
  lakeColumn,
  lakeRows,
  outputBytes,
  quarantine,
  sha256,
  stoppedClock,
} from '../../support/window-transform.ts';

const WITHOUT_LOAD = 'SELECT * EXCLUDE (load_generation, load_window) FROM lake';

describe('REP-04 flattening', () => {
  it('REP-04 makes a typed row of a nested record: paths of any depth, keys with dots, arrays as JSON', async () => {
    const rows = await lakeRows(await transformed([[nestedRecord('7')]]), WITHOUT_LOAD);

    expect(rows).toEqual([
      {
        start_time: '2024-05-15 08:00:00',
        agent_id: '7',
        agent_name: 'Agent 7',
        answered: '7',
        wait_average: 3.3333333333333335,
        cost: '1.500000000',
        talk_seconds: '61.500000',
        active: true,
        tags: '["a","b"]',
        total_calls: '9',
        extra_columns: null,
      },
    ]);
  });

  it('REP-04 makes null of every spelling of it, and of what is absent', async () => {
    const records = [
      nestedRecord('1', { agent: { id: '1', name: null } }),
      nestedRecord('2', { agent: { id: '2', name: '' } }),
      nestedRecord('3', { agent: { id: '3', name: 'N/A' } }),
      nestedRecord('4', { agent: { id: '4' } }),
      nestedRecord('5', { metric: null }),
      nestedRecord('6', { metric: {} }),
    ];

    const done = await transformed([records]);

    expect(await lakeColumn(done, 'agent_name')).toEqual([null, null, null, null, 'Agent 5', 'Agent 6']);
    expect(await lakeColumn(done, 'answered')).toEqual(['7', '7', '7', '7', null, null]);
    expect(done.result.drift.unknownColumns).toEqual([]);
  });

  it('REP-04 reports columns that are always empty, and keeps their place', async () => {
    const done = await transformed([[nestedRecord('1', { tags: null, active: 'N/A' })]]);

    expect(done.result.allNullColumns).toEqual(['active', 'tags']);
    expect(Object.keys((await lakeRows(done))[0] ?? {})).toEqual([
      ...NESTED.columns.map(({ column }) => column),
      'load_window',
      'load_generation',
      'extra_columns',
    ]);
  });

  it('REP-05 takes a renamed field by its alias, and rejects a record in which both names disagree', async () => {
    const calls = (answered: object) => ({ metric: { calls: answered } });
    const records = [
      nestedRecord('1', calls({ handled: 3 })),
      nestedRecord('2', calls({ handled: 4, answered: null })),
      nestedRecord('3', calls({ handled: 5, answered: 5 })),
      nestedRecord('4', calls({ handled: 6, answered: 7 })),
    ];

    const done = await transformed([records]);

    expect(await lakeColumn(done, 'answered')).toEqual(['3', '4', '5']);
    expect(quarantine(done.store, 'rejects')).toMatchObject([{ part: 1, line: 4, reason: 'Ambiguous' }]);
  });
});

describe('REP-06 drift of records', () => {
  it('REP-06 puts new fields into extra_columns as they were received, and names them', async () => {
    const record = nestedRecord('1').replace(
      '"active"',
      '"new":{"a.b":[1.50, {"c":null}],"d":12345678901234567890,"e":""},"active"',
    );

    const done = await transformed([[record, nestedRecord('2')]]);

    expect(await lakeColumn(done, 'extra_columns')).toEqual([
      String.raw`{"new.a\\.b":[1.50,{"c":null}],"new.d":12345678901234567890}`,
      null,
    ]);
    expect(done.result.drift.unknownColumns).toEqual([String.raw`new.a\.b`, 'new.d', 'new.e']);
  });

  it('REP-06 leaves new fields out where the mapping says so, and names them all the same', async () => {
    const done = await transformed([[nestedRecord('1', { secret: 'x' })]], {
      mapping: Mapping.parse({ ...NESTED, newFields: 'ignore' }),
    });

    expect(await lakeColumn(done, 'extra_columns')).toEqual([null]);
    expect(done.result.drift.unknownColumns).toEqual(['secret']);
  });

  it('REP-06 stops by name where the mapping wants no new fields', async () => {
    const mapping = Mapping.parse({ ...NESTED, newFields: 'fail' });
    const store = memoryObjectStore();

    const error = await thrownBy(transformed([[nestedRecord('1', { b: 1, a: 2 })]], { mapping }, store));

    expect([error.name, error.message]).toEqual([
      'FieldsUnknown',
      expect.stringContaining('2 fields are in no mapping: "a", "b"'),
    ]);
    expect(store.writes).toEqual([]);
  });

  it('REP-06 tells which columns no record has, and which come as another kind of value', async () => {
    const done = await transformed([
      [
        nestedRecord('1', { metric: { calls: { answered: '12' }, talkTime: 1 }, active: 'yes', tags: 7 }),
        nestedRecord('2', { metric: { calls: { answered: 13 }, talkTime: 1 } }),
      ],
    ]);

    expect(done.result.drift).toMatchObject({
      missingOptional: ['wait_average', 'cost', 'total_calls'],
      retyped: ['answered', 'active'],
    });
    expect(await lakeColumn(done, 'answered')).toEqual(['12', '13']);
  });
});

describe('rejects of records', () => {
  it('CDR-10 are left out with their place, their reason and their values', async () => {
    const records = [
      nestedRecord('1'),
      nestedRecord('2', { active: 'perhaps', new: [1] }),
      '{"agent":{"id":"3"}}',
      '[]',
      '{"agent":',
    ];

    const done = await transformed([[nestedRecord('0')], records]);

    expect(done.result.counts).toMatchObject({ parsed: 6, rowsOut: 2, rejects: 4 });
    expect(quarantine(done.store, 'rejects')).toEqual([
      expect.objectContaining({
        part: 2,
        line: 2,
        reason: 'TypeMismatch',
        column: 'active',
        row: expect.objectContaining({ active: 'perhaps', 'agent.id': '2', tags: '["a","b"]', new: '[1]' }),
      }),
      {
        part: 2,
        line: 3,
        reason: 'RequiredValueMissing',
        column: 'interval.startTime',
        row: { 'agent.id': '3' },
      },
      { part: 2, line: 4, reason: 'NotAnObject', text: '[]' },
      { part: 2, line: 5, reason: 'NotJson', text: '{"agent":' },
    ]);
  });

  it('CDR-10 above the threshold stop the window after they have been put into quarantine', async () => {
    const store = memoryObjectStore();
    const told: RejectReason[] = [];
    const thresholds = { rejects: 0.4, outsideWindow: 1 };

    const error = await thrownBy(transformed([[nestedRecord('1'), '7']], { thresholds }, store, told));

    expect([error.name, error.facts.rejects]).toEqual(['RejectsAboveThreshold', 1]);
    expect(told).toEqual([{ reason: 'NotAnObject', rows: 1, part: 1, line: 2 }]);
    expect(store.writes.every((key) => key.startsWith('quarantine/'))).toBe(true);
    expect(quarantine(store, 'rejects')).toHaveLength(1);
  });

  it('REP-07 a window whose records are not in UTC stops by name, with nothing written', async () => {
    const store = memoryObjectStore();
    const local = nestedRecord('1', { interval: { startTime: '2024-05-15T08:00:00.000+02:00' } });

    const error = await thrownBy(transformed([[nestedRecord('0'), local]], {}, store));

    expect([error.name, error.facts]).toEqual(['TimestampNotUtc', { field: 'interval.startTime', part: 1 }]);
    expect(store.writes).toEqual([]);
  });

  it('CDR-01 rows outside the day are counted against their threshold', async () => {
    const tomorrow = nestedRecord('1', { interval: { startTime: '2024-05-16T00:00:00.000Z' } });

    const error = await thrownBy(
      transformed([[nestedRecord('0'), tomorrow]], { thresholds: { rejects: 1, outsideWindow: 0.4 } }),
    );

    expect([error.name, error.facts]).toEqual(['RowsOutsideWindow', { outside: 1, rows: 2 }]);
  });
});

describe('ANA-07 completeness', () => {
  const without = (agent: string) => nestedRecord(agent, { agent: { name: 'x' } });
  const keyed = { key: ['start_time', 'total_calls'] };

  it('ANA-07 counts records that lack a required field, by field, and nulls apart', async () => {
    const records = [
      nestedRecord('1'),
      without('2'),
      nestedRecord('3', { agent: { id: null } }),
      nestedRecord('4', { agent: { id: 'N/A' } }),
      'null',
    ];

    const { result } = await transformed([records.slice(0, 2), records.slice(2)], keyed);

    expect(result.integrity).toEqual({
      total: 5,
      valid: 3,
      rate: 0.6,
      missing: { 'agent.id': 1 },
      nulls: { 'agent.id': 2 },
    });
  });

  it('ANA-07 below the rate names the fields and writes nothing', async () => {
    const store = memoryObjectStore();
    const request = { ...keyed, completeness: 0.9 };

    const error = await thrownBy(transformed([[without('1'), nestedRecord('2')]], request, store));

    expect(error.name).toBe('CompletenessBelowThreshold');
    expect(error.message).toContain('agent.id is missing 1 times');
    expect(store.writes).toEqual([]);
  });

  it('ANA-07 has no rate on an empty day, which is an empty generation', async () => {
    const done = await transformed([], { completeness: 1 });

    expect(done.result.integrity).toEqual({ total: 0, valid: 0, missing: {}, nulls: {} });
    expect(done.result.counts).toMatchObject({ parsed: 0, rowsOut: 0 });
    expect(await lakeRows(done)).toEqual([]);
  });
});

describe('the generation of records', () => {
  const records = ['1', '2', '3', '4', '5'].map((agent) => nestedRecord(agent));

  it('REP-01 is the same, to the byte, however the records came in pages and in what order', async () => {
    const one = await transformed([records]);
    const other = await transformed([records.slice(3).toReversed(), [], records.slice(0, 3)]);

    expect(other.result.generation).toBe(one.result.generation);
    expect(outputBytes(other, 'parquet')).toEqual(outputBytes(one, 'parquet'));
  });

  it('REP-01 is another one as soon as a value, a rule or a record differs', async () => {
    const generations = await Promise.all(
      [
        transformed([records]),
        transformed([records.slice(1)]),
        transformed([[...records, records[0] ?? '']]),
        transformed([records.with(0, nestedRecord('1', { active: false }))]),
        transformed([records.with(0, nestedRecord('1', { more: 1 }))]),
        transformed([records], { completeness: 0.5 }),
        transformed([records], { outputs: ['csv', 'parquet'] }),
        transformed([records], { mapping: Mapping.parse({ ...NESTED, version: 2 }) }),
      ].map(async (done) => (await done).result.generation),
    );

    expect(new Set(generations).size).toBe(generations.length);
  });

  it('ALL-03 is not made again where it is complete', async () => {
    const store = memoryObjectStore();
    const first = await transformed([records], {}, store);
    const written = store.writes.length;

    const again = await transformed([records.toReversed()], {}, store);

    expect(again.result).toEqual(first.result);
    expect(store.writes).toHaveLength(written);
  });

  it('CDR-12 drops identical records, and of those with one key keeps the last: another order is another generation', async () => {
    const [older, newer] = [nestedRecord('1'), nestedRecord('1', { active: false })];

    const done = await transformed([
      [older, older, newer],
      [nestedRecord('2'), newer],
    ]);
    const other = await transformed([
      [newer, older, older],
      [nestedRecord('2'), newer],
    ]);
    const turned = await transformed([
      [newer, newer, nestedRecord('2')],
      [older, older],
    ]);

    expect(done.result.counts).toMatchObject({ parsed: 5, rowsOut: 2, duplicates: 2, superseded: 1 });
    expect(await lakeColumn(done, 'active')).toEqual([false, true]);
    expect(other.result.generation).toBe(done.result.generation);
    expect(turned.result.generation).not.toBe(done.result.generation);
    expect(quarantine(done.store, 'superseded')).toEqual([
      {
        part: 1,
        line: 2,
        reason: 'Superseded',
        row: expect.objectContaining({
          'agent.id': '1',
          active: 'true',
          'interval.startTime': '2024-05-15T08:00:00.000Z',
        }),
      },
    ]);
  });

  it('CDR-13 has the same rows in every output', async () => {
    const done = await transformed(
      [[...records, nestedRecord('6', { agent: { id: '6', name: 'a "b",\r\n\u0000\u001b' } })]],
      {
        outputs: ['parquet', 'csv', 'jsonl'],
      },
    );

    const lines = gunzipSync(outputBytes(done, 'jsonl')).toString('utf8').trim().split('\n');

    expect(done.result.files.map(({ format, rows }) => [format, rows])).toEqual([
      ['parquet', 6],
      ['csv', 6],
      ['jsonl', 6],
    ]);
    expect(JSON.parse(lines[5] ?? '')).toMatchObject({ agent_id: '6', agent_name: 'a "b",\r\n\u0000\u001b' });
    expect((await lakeColumn(done, 'agent_name'))[5]).toBe('a "b",\r\n\u0000\u001b');
  });

  it('CDR-08 is made only of bytes that read back as they were stored', async () => {
    const store = memoryObjectStore();
    const request = await recordRequest(store, [records]);
    const parts = request.parts.map((part) => ({ ...part, sha256: '0'.repeat(64) }));

    const error = await thrownBy(transformed([records], { parts }, store));

    expect([error.name, error.facts.part]).toEqual(['PartCorrupted', 1]);
  });

  it('CDR-08 calls a part corrupted that is no gzip any more, and malformed that never was', async () => {
    const store = memoryObjectStore();
    const { parts } = await recordRequest(store, [records]);
    const nothing = Buffer.from('nothing');
    for (const { key } of parts) store.objects.set(key, nothing);
    const never = parts.map((part) => ({ ...part, bytes: nothing.length, sha256: sha256(nothing) }));

    const [corrupted, malformed] = [
      await thrownBy(transformed([], { parts }, store)),
      await thrownBy(transformed([], { parts: never }, store)),
    ];

    expect([corrupted.name, malformed.name]).toEqual(['PartCorrupted', 'PartMalformed']);
    expect(store.writes).toEqual([]);
  });

  it('CDR-15 is stopped before anything is read where the disk may not do', async () => {
    const store = memoryObjectStore();

    const error = await thrownBy(
      transformed(
        [Array.from({ length: 30_000 }, (_, id) => nestedRecord(`${id}`))],
        { diskLimitMegabytes: 0 },
        store,
      ),
    );

    expect([error.name, error.facts.setting]).toEqual(['WindowTooLarge', 'transformDisk']);
  });

  it('ALL-17 makes the same file where a killed invocation has left its slices behind', async () => {
    const store = memoryObjectStore();
    const request = await recordRequest(store, [[nestedRecord('1'), nestedRecord('2')]]);
    for (const file of ['slice-00001.parquet', 'draft-00001.parquet', 'final.parquet'])
      await writeFile(join(request.workFolder, file), 'left by an invocation that was killed');

    const result = await transformRecords(request, { objects: store, clock: stoppedClock });

    const undisturbed = await transformed([[nestedRecord('1'), nestedRecord('2')]]);
    expect(outputBytes({ store, result }, 'parquet')).toEqual(outputBytes(undisturbed, 'parquet'));
    expect(existsSync(request.workFolder)).toBe(false);
  });
});
