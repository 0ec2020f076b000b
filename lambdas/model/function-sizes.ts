import type { FunctionName } from './environment.ts';

/** Memory in megabytes and time limit in seconds of each function; the transform's memory is the pipeline's setting. */
export const FUNCTION_SIZES: Record<FunctionName, { memory: number; seconds: number }> = {
  plan: { memory: 256, seconds: 120 },
  claim: { memory: 256, seconds: 30 },
  token: { memory: 256, seconds: 90 },
  submit: { memory: 256, seconds: 120 },
  poll: { memory: 256, seconds: 120 },
  // A part of 145 MB at a slow 1 MB/s takes 2.5 minutes; 15 minutes is Lambda's own limit.
  download: { memory: 512, seconds: 900 },
  // Some 300 pages at the family's rate, and time to store what was received by then.
  'read-report': { memory: 512, seconds: 600 },
  transform: { memory: 3_008, seconds: 900 },
  'transform-records': { memory: 3_008, seconds: 900 },
  'list-ranges': { memory: 256, seconds: 300 },
  'submit-export': { memory: 256, seconds: 120 },
  'poll-export': { memory: 256, seconds: 120 },
  // Holds 64 MB of records and a page of at most 128 MB; works until four minutes are left.
  'fetch-export': { memory: 1_024, seconds: 900 },
  commit: { memory: 256, seconds: 30 },
  publish: { memory: 256, seconds: 120 },
  audit: { memory: 256, seconds: 120 },
  // Batches go out one after the other for as long as Lambda lets a function work.
  deliver: { memory: 512, seconds: 900 },
  reconcile: { memory: 256, seconds: 300 },
  'plan-updates': { memory: 512, seconds: 300 },
  // Work that waits for slots of the limiter: it goes on in another invocation when the time is over.
  'list-actions': { memory: 256, seconds: 900 },
  'update-actions': { memory: 256, seconds: 900 },
  'audit-updates': { memory: 256, seconds: 300 },
  'reconcile-updates': { memory: 512, seconds: 300 },
  // Families are asked side by side, each up to the time limits of its calls.
  doctor: { memory: 256, seconds: 240 },
  operate: { memory: 256, seconds: 60 },
  'roll-back': { memory: 256, seconds: 60 },
  'plan-archive': { memory: 256, seconds: 120 },
  'list-interactions': { memory: 512, seconds: 900 },
  'look-up-interactions': { memory: 256, seconds: 900 },
  'list-archive-days': { memory: 256, seconds: 120 },
  // What is noted of one object's records is held, and a whole processor compresses them; their compressed content waits on the local disk.
  'seal-archive-day': { memory: 1_769, seconds: 900 },
  // Three media are streamed side by side, each with two parts of its upload.
  'store-media': { memory: 512, seconds: 900 },
  'mark-archive-day': { memory: 256, seconds: 900 },
  'reconcile-archive': { memory: 256, seconds: 300 },
  // A back-fill's record has some 20,000 windows, and its page as many rows.
  record: { memory: 512, seconds: 900 },
};
