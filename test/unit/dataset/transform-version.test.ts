import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { TRANSFORM_VERSIONS } from '../../../lambdas/dataset/generation.ts';
import { transformWindow } from '../../../lambdas/dataset/transform.ts';
import { transformRecords } from '../../../lambdas/dataset/transform-records.ts';
import { Mapping } from '../../../lambdas/model/mapping.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { recordRequest } from '../../support/record-transform.ts';
import {
  type Outcome,
  outputBytes,
  requestFor,
  sha256,
  stoppedClock,
} from '../../support/window-transform.ts';

/*
 * What each version made of one input. A change that gives other bytes needs another version, or what is made again under the old
 * generation's name would not be what the lake has under it: raise it and add a line.
 */
const FILES_OF_CALLS = new Map([[1, '29e8e5917f3cc12ec542b77588079169ea28a5dd9b423b02a477d6ec378779c7']]);
const FILES_OF_RECORDS = new Map([[2, '509af909d38b72b1e7ba362e10e7e2f5b7aa0bdbe87bf4fb541ffca151c87e44']]);

const OUTPUTS = ['parquet', 'csv', 'jsonl'] as const;
const START = Date.UTC(2024, 4, 15);

/** Of every type, and this test's own: another mapping makes other files without another version. */
const MAPPING = Mapping.parse({
  name: 'every-type',
  version: 1,
  windowColumn: 'at',
  nulls: ['', 'N/A'],
  columns: [
    { source: 'Id', column: 'id', type: 'text', required: true },
    { source: 'At', column: 'at', type: 'timestamp', required: true },
    { source: 'Held', column: 'held_seconds', type: 'duration', unit: 'seconds' },
    { source: 'Cost', column: 'cost', type: 'decimal' },
    { source: 'Score', column: 'score', type: 'double' },
    { source: 'Tries', column: 'tries', type: 'integer' },
    { source: 'Active', column: 'active', type: 'boolean' },
    { source: 'Note', column: 'note', type: 'text' },
  ],
});

/** So many that the file has a second row group. */
const CALLS = 130_000;
const RECORDS = 45_000;

/** The values of a row whose place in the day has nothing to do with its number; every eleventh has no note. */
function row(number: number) {
  const at = new Date(START + ((number * 2_654_435_761) % 86_400_000)).toISOString();
  const note = number % 11 === 0 ? 'N/A' : `called, ${number % 13}`;
  return {
    Id: `${number}`,
    At: at,
    Held: number % 600,
    Cost: number / 4,
    Score: 1 / ((number % 7) + 1),
    Tries: number % 5,
    Active: number % 2 === 0,
    Note: note,
  };
}

async function callsMade(): Promise<Outcome> {
  const store = memoryObjectStore();
  const lines = Array.from({ length: CALLS }, (_, number) =>
    Object.values(row(number))
      .map((value) => `"${value}"`)
      .join(),
  );
  const overrides = { mapping: MAPPING, key: ['id'], outputs: OUTPUTS };
  const request = await requestFor(store, [[Object.keys(row(0)).join(), ...lines, ''].join('\n')], overrides);
  const result = await transformWindow(request, { objects: store, clock: stoppedClock });
  return { store, result };
}

async function recordsMade(): Promise<Outcome> {
  const store = memoryObjectStore();
  const records = Array.from({ length: RECORDS }, (_, number) => JSON.stringify(row(number)));
  const request = await recordRequest(store, [records], { mapping: MAPPING, key: ['id'], outputs: OUTPUTS });
  const result = await transformRecords(request, { objects: store, clock: stoppedClock });
  return { store, result };
}

/** Of the contents: how Node compresses them differs between processors. */
function digest(outcome: Outcome): string {
  const contents = [
    outputBytes(outcome, 'parquet'),
    ...['csv', 'jsonl'].map((format) => gunzipSync(outputBytes(outcome, format))),
  ];
  return sha256(contents.map((content) => sha256(content)).join());
}

function versionInManifest({ store, result }: Outcome): unknown {
  return JSON.parse(String(store.objects.get(result.manifestKey))).transformVersion;
}

describe('ALL-03 the version of a transform', () => {
  it('ALL-03 of calls is another one whenever their files are', async () => {
    const made = await callsMade();

    expect(digest(made)).toBe(FILES_OF_CALLS.get(TRANSFORM_VERSIONS.calls));
    expect(made.result.counts.rowsOut).toBe(CALLS);
    expect(versionInManifest(made)).toBe(TRANSFORM_VERSIONS.calls);
  });

  it('ALL-03 of records is another one whenever their files are', async () => {
    const made = await recordsMade();

    expect(digest(made)).toBe(FILES_OF_RECORDS.get(TRANSFORM_VERSIONS.records));
    expect(made.result.counts.rowsOut).toBe(RECORDS);
    expect(versionInManifest(made)).toBe(TRANSFORM_VERSIONS.records);
  });
});
