import { sealRecords } from '../lambdas/archive/seal.ts';
import { peakResidentBytes } from './resident-memory.ts';
import { benchBatches, benchPorts, OWNER } from './seal-ports.ts';

/*
 * `node bench/seal-memory.ts <records>`: seals so many records that are made on the way, and prints the most resident memory.
 */
let objects = 0;
for await (const _sealed of sealRecords(benchPorts, OWNER, benchBatches(Number(process.argv[2]))))
  objects += 1;
console.log(JSON.stringify({ objects, residentPeak: peakResidentBytes() }));
