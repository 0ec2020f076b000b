import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { stringify } from 'csv-stringify';
import { type BaselineMeasure, BaselineOrder } from './baselines.ts';
import { peakResidentBytes } from './resident-memory.ts';

/*
 * What one would write first: every row an object, its times and numbers cast, repeated calls left out, one merged CSV
 * with gzip. Streams throughout, each with its defaults.
 */

const { files, target } = BaselineOrder.parse(JSON.parse(process.argv[2] ?? '{}'));
const seen = new Set<string>();

/** One object in, one out. */
const cast = () =>
  new Transform({
    objectMode: true,
    transform(taken: Record<string, string>, _encoding, done) {
      const { CallId = '', StartTime = '', EndTime = '', Duration = '' } = taken;
      if (seen.has(CallId)) return done();
      seen.add(CallId);
      const [start, end] = [new Date(StartTime).toISOString(), new Date(EndTime).toISOString()];
      return done(null, { ...taken, StartTime: start, EndTime: end, Duration: Number(Duration) });
    },
  });

const begun = performance.now();
const merged = stringify({ header: true });
const written = pipeline(merged, createGzip(), createWriteStream(target));
for (const file of files)
  await pipeline(createReadStream(file), parse({ columns: true, bom: true }), cast(), merged, { end: false });
merged.end();
await written;
const milliseconds = performance.now() - begun;

const { user, system } = process.cpuUsage();
const measure: BaselineMeasure = {
  milliseconds,
  processorMilliseconds: (user + system) / 1000,
  residentPeak: peakResidentBytes(),
  rows: seen.size,
  bytesOut: statSync(target).size,
};
console.log(JSON.stringify(measure));
