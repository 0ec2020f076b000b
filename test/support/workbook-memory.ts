import { resultRecords } from '../../lambdas/dataset/result-files/result-records.ts';
import { NESTED } from './record-transform.ts';

/*
 * Run as a process of its own: reads a workbook and prints how many records it has, the length of the longest, and the most memory that
 * the process ever had: `node workbook-memory.ts <file>`.
 */
const [file = ''] = process.argv.slice(2);
let records = 0;
let longest = 0;
for await (const batch of resultRecords(file, 'xlsx', NESTED)) {
  records += batch.length;
  for (const record of batch) longest = Math.max(longest, record.length);
}
const residentMegabytes = Math.round(process.resourceUsage().maxRSS / 1_000);
console.log(JSON.stringify({ records, longest, residentMegabytes }));
