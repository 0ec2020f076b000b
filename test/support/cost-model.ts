import type { Usage } from '../../lambdas/delivery/cost.ts';
import type { FunctionName } from '../../lambdas/model/environment.ts';
import type { WindowedPipelineName } from '../../lambdas/model/pipelines.ts';
import type { CountedFunction, CountedUsage } from './counted-usage.ts';
import { numberIn, tableUnder } from './document-tables.ts';

/** Megabytes with which a function has a whole processor. */
const WHOLE_PROCESSOR = 1_769;
/** Megabytes of `/tmp` that cost nothing. */
const FREE_DISK = 512;

/**
 * Function time of what was counted: what each call waited, what the document says that it takes besides, and the processor time of
 * the document's bench figures at the function's share of a processor.
 */
export function functionSeconds(
  pipeline: WindowedPipelineName,
  functions: CountedUsage['functions'],
): Pick<Usage, 'gigabyteSeconds' | 'diskGigabyteSeconds'> {
  const rows = tableUnder('cost.md', 'Function time');
  const every = numberIn(rows.find(({ function: name }) => name === 'every call')?.seconds);
  const totals = { gigabyteSeconds: 0, diskGigabyteSeconds: 0 };
  for (const [name, counted] of Object.entries(functions) as [FunctionName, CountedFunction][]) {
    const row = rows.find((one) => one.function === name && one.pipeline === pipeline);
    const processor = row === undefined ? 0 : counted.calls * numberIn(row.seconds);
    const share = Math.min(1, counted.memoryMegabytes / WHOLE_PROCESSOR);
    const seconds = counted.calls * every + counted.waitedSeconds + processor / share;
    totals.gigabyteSeconds += (seconds * counted.memoryMegabytes) / 1024;
    totals.diskGigabyteSeconds += (seconds * Math.max(0, counted.diskMegabytes - FREE_DISK)) / 1024;
  }
  return totals;
}
