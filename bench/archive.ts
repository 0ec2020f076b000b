import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

const MEGABYTE = 1_000_000;
/** What is kept is measured, not what is left for the garbage collector where there is room. */
const SMALL_HEAP = ['--max-old-space-size=128', '--max-semi-space-size=4'];
const Measure = z.object({
  objects: z.number(),
  listSeconds: z.number(),
  sealSeconds: z.number(),
  sealedBytes: z.number(),
  residentPeak: z.number(),
});

/**
 * Prints what writing the list of 5,000 and of 50,000 interactions and sealing their day takes, each in a process of its own.
 * Looking up and marking are left out: they take as long as CXone's ten calls a second do.
 */
export async function benchArchive(): Promise<void> {
  console.log('\n## A day of the interaction archive\n');
  for (const count of [5_000, 50_000]) {
    const file = fileURLToPath(new URL('archive-memory.ts', import.meta.url));
    const { stdout } = await promisify(execFile)(process.execPath, [...SMALL_HEAP, file, `${count}`]);
    const { objects, listSeconds, sealSeconds, sealedBytes, residentPeak } = Measure.parse(
      JSON.parse(stdout),
    );
    console.log(
      `${count} interactions: list ${listSeconds.toFixed(1)} s, sealing ${sealSeconds.toFixed(1)} s, ${objects} object${objects === 1 ? '' : 's'} of ${(sealedBytes / MEGABYTE).toFixed(1)} MB, peak ${Math.round(residentPeak / MEGABYTE)} MB`,
    );
  }
}
