import { readFileSync } from 'node:fs';
import type { Instant, ProcessSettings, ProcessUse, Said, Told } from './function-messages.ts';

/*
 * What runs in a function's process: takes invocations one after the other and calls the bundle's handler, as Lambda's own
 * runtime does. Copied beside the unpacked bundles, so it imports nothing but Node's own modules.
 */

type Handler = (event: unknown, context: unknown) => unknown;
type Invocation = Extract<Told, { type: 'invoke' }>;

const settings: ProcessSettings = JSON.parse(process.argv[2] ?? '{}');
const sleepers = new Set<{ due: number; wake: () => void }>();
let arming = false;
let asleep = false;
let instant: Instant = { now: 0, headers: {} };
let toldAt = performance.now();
let temporaryFolder = '';
let loaded: Handler | undefined;

const say = (message: Said) => process.send?.(message);

function adopt(told: Instant): void {
  instant = { now: Math.max(now(), told.now), headers: told.headers };
  toldAt = performance.now();
}

function now(): number {
  return Math.floor(instant.now + (settings.flow ? performance.now() - toldAt : 0));
}

function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    if (!(milliseconds > 0)) return resolve();
    const abandon = () => {
      sleepers.delete(sleeper);
      arm();
      reject(signal?.reason);
    };
    const wake = () => {
      signal?.removeEventListener('abort', abandon);
      resolve();
    };
    const sleeper = { due: now() + Math.ceil(milliseconds), wake };
    sleepers.add(sleeper);
    signal?.addEventListener('abort', abandon, { once: true });
    arm();
  });
}

/**
 * Says until when this process sleeps: for the first of its sleepers, and not before every continuation has run as far as
 * it can, since others' time may be moved on while it sleeps.
 */
function arm(): void {
  if (arming) return;
  arming = true;
  setImmediate(() => {
    arming = false;
    const dues = [...sleepers].map(({ due }) => due);
    if (dues.length > 0) say({ type: 'sleep', until: Math.min(...dues) });
    else if (asleep) say({ type: 'wake' });
    asleep = dues.length > 0;
  });
}

function wakeDue(): void {
  asleep = false;
  for (const sleeper of [...sleepers].toSorted((left, right) => left.due - right.due)) {
    if (sleeper.due > now()) break;
    sleepers.delete(sleeper);
    sleeper.wake();
  }
  arm();
}

/** Resident memory; the peak is the kernel's mark of this very program where there is one. */
function residentMemory(): { current: number; peak: number } {
  const current = process.memoryUsage.rss();
  if (process.platform !== 'linux') return { current, peak: process.resourceUsage().maxRSS * 1024 };
  const mark = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return { current, peak: Number(mark ?? 0) * 1024 };
}

async function load(): Promise<Handler> {
  const module: unknown = await import(settings.module);
  const exported: unknown = Reflect.get(Object(module), settings.handler);
  if (typeof exported === 'function')
    return (event, context) => Reflect.apply(exported, undefined, [event, context]);
  const missing = new Error(`${settings.module} exports no ${settings.handler}`);
  missing.name = 'Runtime.HandlerNotFound';
  throw missing;
}

async function invoke(invocation: Invocation): Promise<void> {
  adopt(invocation.instant);
  // What an earlier invocation has left behind waits for nothing any more.
  sleepers.clear();
  temporaryFolder = invocation.temporaryFolder;
  let begun = { at: performance.now(), resident: 0, cpu: process.cpuUsage() };
  const use = (): ProcessUse => {
    const { user, system } = process.cpuUsage(begun.cpu);
    return {
      residentAtStart: begun.resident,
      residentPeak: residentMemory().peak,
      milliseconds: performance.now() - begun.at,
      processorMilliseconds: (user + system) / 1000,
    };
  };
  try {
    loaded ??= await load();
  } catch (error) {
    const own = error instanceof Error && error.name === 'Runtime.HandlerNotFound';
    return fail(own ? error.name : 'Runtime.ImportModuleError', error, use());
  }
  begun = { at: performance.now(), resident: residentMemory().current, cpu: process.cpuUsage() };
  try {
    const context = {
      ...invocation.context,
      getRemainingTimeInMillis: () => Math.max(0, invocation.deadline - now()),
    };
    const result = await loaded(JSON.parse(invocation.event), context);
    say({ type: 'result', payload: JSON.stringify(result ?? null), use: use() });
  } catch (error) {
    fail(error instanceof Error ? error.name : typeof error, error, use());
  }
}

function fail(errorType: string, thrown: unknown, use: ProcessUse): void {
  const errorMessage = thrown instanceof Error ? thrown.message : String(thrown);
  const trace = thrown instanceof Error ? (thrown.stack ?? '').split('\n') : [];
  say({ type: 'failure', errorType, errorMessage, trace, use });
}

/** What is written goes the way of the results, so that it comes before them. */
function divert(stream: NodeJS.WriteStream): void {
  stream.write = (chunk: Uint8Array | string, ...rest: unknown[]) => {
    say({ type: 'output', text: typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8') });
    const written = rest.find((one) => typeof one === 'function');
    if (written !== undefined) queueMicrotask(() => Reflect.apply(written, undefined, []));
    return true;
  };
}

divert(process.stdout);
divert(process.stderr);
Reflect.set(globalThis, Symbol.for('cxone-export.surroundings'), () => ({
  env: process.env,
  clock: { now, sleep },
  random: Math.random,
  headers: () => instant.headers,
  temporaryFolder,
}));
process.on('disconnect', () => process.exit(0));
process.on('message', (told: Told) => {
  if (told.type === 'invoke') return invoke(told);
  adopt(told.instant);
  return wakeDue();
});
