import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { listInteractions } from '../lambdas/archive/listing.ts';
import { sealDay } from '../lambdas/archive/seal-day.ts';
import { stagingPrefix } from '../lambdas/lake/keys.ts';
import type { WindowLedger } from '../lambdas/ledger/windows.ts';
import { RunArn } from '../lambdas/model/ids.ts';
import { ARCHIVE_DATASET } from '../lambdas/model/interactions.ts';
import type { Item, ObjectStore, Table } from '../lambdas/model/ports.ts';
import { peakResidentBytes } from './resident-memory.ts';
import { benchPiece, benchPorts, idOf, OWNER, PIECE } from './seal-ports.ts';

/*
 * `node bench/archive-memory.ts <interactions>`: writes the list of so many interactions and seals their day, as the functions
 * do, with a ledger and a bucket that make on the way what is read and keep nothing; prints time and the most resident memory.
 */

const count = Number(process.argv[2]);
const RUN = RunArn.parse('arn:aws:states:eu-west-1:000000000000:execution:bench:night');
const AT = '2024-05-15T12:00:00.000Z';
const compressed = promisify(gzip);

const claim = { run: RUN, epoch: 1, dataset: ARCHIVE_DATASET, day: OWNER.day };

/** Keeps the day's own item and the cursor: entries are written and forgotten, the list is made while it is read. */
function passingTable(): Table {
  const kept = new Map<string, Item>();
  const isKept = (pk: string) => !pk.includes('#archive#day#') && !pk.includes('#archive#interaction#');
  return {
    get: async ({ pk, sk }) => kept.get(`${pk} ${sk}`),
    async update({ pk, sk }, { update, names = {}, values = {} }) {
      if (!isKept(pk)) return {};
      const item = kept.get(`${pk} ${sk}`) ?? { pk, sk };
      const set = /SET (.*?)(?= ADD | REMOVE | DELETE |$)/.exec(update)?.[1] ?? '';
      for (const [, name = '', value = ''] of set.matchAll(/(#n\d+) = (:v\d+)/g))
        item[names[name] ?? ''] = values[value];
      kept.set(`${pk} ${sk}`, item);
      return item;
    },
    async *query(pk) {
      if (!pk.includes('#archive#wanted#')) return;
      for (let n = 0; n < count; n += 1)
        yield { pk, sk: `${OWNER.day}#${idOf(n)}`, id: idOf(n), day: OWNER.day, at: AT };
    },
  };
}

/** Pieces as looking up leaves them, made while they are read; what is written is counted and forgotten. */
function passingObjects(): Pick<ObjectStore, 'open' | 'list' | 'find' | 'writeStream'> & { bytes: number } {
  const prefix = stagingPrefix(OWNER.tenant, 'night', 0);
  const padded = (n: number) => String(n).padStart(9, '0');
  const store = {
    ...benchPorts.objects,
    bytes: 0,
    async open(key: string) {
      const from = Number(/\/(\d{9})-/.exec(key)?.[1]);
      const lines = benchPiece(from).map(({ id, line }, index) => {
        const looked = {
          n: from + index,
          id,
          day: OWNER.day,
          tries: 1,
          updatedTime: AT,
          outcome: 'record',
          digest: 'd'.repeat(64),
        };
        return `${JSON.stringify(looked)}\t${line}\n`;
      });
      return Readable.from([await compressed(lines.join(''))]);
    },
    async *list() {
      for (let from = 0; from < count; from += PIECE)
        yield {
          key: `${prefix}${padded(from)}/${padded(from)}-${padded(from + PIECE - 1)}_${OWNER.day}_${OWNER.day}.jsonl.gz`,
          bytes: 0,
        };
    },
    find: async () => undefined,
    async writeStream(_key: string, body: Readable) {
      let bytes = 0;
      for await (const chunk of body as AsyncIterable<Buffer>) bytes += chunk.length;
      store.bytes += bytes;
      return { bytes, sha256: '' };
    },
  };
  return store;
}

const table = passingTable();
const objects = passingObjects();
const refused = async () => {
  throw new Error('is not needed here');
};
const bucket = { ...objects, readText: refused, writeText: refused };
const clock = { now: () => Date.parse(AT), sleep: async () => undefined };
const ledger: WindowLedger = { table, tenant: OWNER.tenant, clock };
const goesOn = () => true;

const began = performance.now();
const by = { run: RUN, round: 0 };
await listInteractions({ ledger, objects: bucket, interactions: { query: refused }, goesOn }, by, {
  mode: 'pending',
});
const listed = performance.now();
const { objects: sealed } = await sealDay({ ...benchPorts, ledger, objects: bucket, goesOn }, claim, {
  round: 0,
  value: 'archived',
});
const ended = performance.now();
console.log(
  JSON.stringify({
    objects: sealed,
    listSeconds: (listed - began) / 1_000,
    sealSeconds: (ended - listed) / 1_000,
    sealedBytes: objects.bytes,
    residentPeak: peakResidentBytes(),
  }),
);
