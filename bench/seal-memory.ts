import { sealRecords } from '../lambdas/archive/seal.ts';
import { peakResidentBytes } from './resident-memory.ts';
import { benchPiece, benchPorts, OWNER, PIECE } from './seal-ports.ts';

/*
 * `node bench/seal-memory.ts <records>`: seals so many records, each piece of them made when it is asked for and forgotten then, and
 * prints the most resident memory.
 */
function* pieces(count: number) {
  for (let from = 0; from < count; from += PIECE) yield benchPiece(from);
}

let objects = 0;
for await (const _sealed of sealRecords(benchPorts, OWNER, pieces(Number(process.argv[2])))) objects += 1;
console.log(JSON.stringify({ objects, residentPeak: peakResidentBytes() }));
