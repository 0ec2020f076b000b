import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Usage } from '../../lambdas/delivery/cost.ts';
import type { FunctionName } from '../../lambdas/model/environment.ts';
import type { Effect, EffectListener } from '../../local/aws/effects.ts';
import type { Night } from './night.ts';
import { executionsOf } from './night-history.ts';

/** What a function did in the runs that were counted. */
export interface CountedFunction {
  calls: number;
  /** Virtual time: what the function waited for slots of the limiter and for CXone, without any work of its own. */
  waitedSeconds: number;
  memoryMegabytes: number;
  diskMegabytes: number;
}

/** What runs used, counted: by the engine, by the services that were asked, and in the logs. */
export interface CountedUsage extends Omit<Usage, 'gigabyteSeconds' | 'diskGigabyteSeconds'> {
  functions: Partial<Record<FunctionName, CountedFunction>>;
}

/** Counts what a night uses. */
export interface UsageCounter {
  readonly onEffect: EffectListener;
  /** Runs something, one at a time, and tells what was used meanwhile; `runs` are those that it has started. */
  during(night: Night, work: () => Promise<readonly string[]>): Promise<CountedUsage>;
}

const OBJECT_READS = new Set(['GetObject', 'HeadObject']);
const LEDGER_READS = new Set(['GetItem', 'Query']);

/** DynamoDB takes one unit at the least of a write whose condition is refused; the ledger's items are of one or two. */
const REFUSED_UNITS = 1;

/**
 * Calls of KMS that services make for a function at the most: DynamoDB keeps a table's key for five minutes for each caller, S3 keeps the
 * bucket's key for each role; both are counted for every call of a function.
 */
const KEY_CALLS_OF_CALL = 2;

/** Bytes of the lines that Lambda itself writes about a call: START, END and REPORT as JSON, with room. */
const LAMBDA_LOG_BYTES = 1_000;

const LogLine = z.looseObject({
  type: z.string().optional(),
  record: z.looseObject({ metrics: z.looseObject({ durationMs: z.number() }) }).optional(),
  _aws: z
    .looseObject({
      CloudWatchMetrics: z.array(z.looseObject({ Metrics: z.array(z.looseObject({ Name: z.string() })) })),
    })
    .optional(),
});

/** Makes a counter; its listener is to be the night's. */
export function usageCounter(): UsageCounter {
  let effects: Effect[] = [];
  return {
    onEffect(phase, effect) {
      if (phase === 'after') effects.push(effect);
    },
    async during(night, work) {
      const before = logsOf(night);
      effects = [];
      const runs = await work();
      return countedOf(night, runs, effects, linesSince(before, logsOf(night)));
    },
  };
}

function countedOf(
  night: Night,
  runs: readonly string[],
  effects: readonly Effect[],
  lines: ReadonlyMap<string, readonly string[]>,
): CountedUsage {
  const { engine } = night.platform;
  const executions = runs.flatMap((run) => executionsOf(night, run));
  const of = (service: Effect['service']) => effects.filter((effect) => effect.service === service);
  const units = (reads: boolean) =>
    of('dynamodb')
      .filter(({ operation }) => LEDGER_READS.has(operation) === reads)
      .reduce((total, { capacityUnits = REFUSED_UNITS }) => total + capacityUnits, 0);
  const functions = functionsOf(night, lines);
  const functionCalls = Object.values(functions).reduce((total, { calls }) => total + calls, 0);
  const historyBytes = executions.reduce(
    (total, arn) => total + Buffer.byteLength(JSON.stringify(engine.history(arn))),
    0,
  );
  const logBytes = [...lines.values()].flat().reduce((total, line) => total + Buffer.byteLength(line), 0);
  return {
    stateTransitions: executions.reduce((total, arn) => total + engine.describe(arn).stateTransitions, 0),
    functionCalls,
    ledgerReads: units(true),
    ledgerWrites: units(false),
    objectReads: of('s3').filter(({ operation }) => OBJECT_READS.has(operation)).length,
    objectWrites: of('s3').filter(({ operation }) => !OBJECT_READS.has(operation)).length,
    keyCalls: of('kms').length + KEY_CALLS_OF_CALL * functionCalls,
    secretReads: of('secretsmanager').length,
    catalogCalls: of('glue').length,
    metricHours: [...lines.values()].flat().reduce((total, line) => total + metricsIn(line), 0),
    logGigabytes: (historyBytes + logBytes + LAMBDA_LOG_BYTES * functionCalls) / 1e9,
    traces: functionCalls,
    functions,
  };
}

function functionsOf(night: Night, lines: ReadonlyMap<string, readonly string[]>): CountedUsage['functions'] {
  const counted: CountedUsage['functions'] = {};
  for (const { name, entry, memoryMegabytes, diskMegabytes } of night.platform.assembly.functions) {
    const reports = (lines.get(name) ?? []).flatMap((line) => {
      const { type, record } = LogLine.parse(JSON.parse(line));
      return type === 'platform.report' && record ? [record.metrics.durationMs] : [];
    });
    const stage = /^lambdas\/handlers\/(.*)\.ts$/.exec(entry ?? '')?.[1];
    if (stage === undefined || reports.length === 0) continue;
    counted[stage as FunctionName] = {
      calls: reports.length,
      waitedSeconds: reports.reduce((total, ms) => total + ms, 0) / 1000,
      memoryMegabytes,
      diskMegabytes,
    };
  }
  return counted;
}

function metricsIn(line: string): number {
  const sets = LogLine.parse(JSON.parse(line))._aws?.CloudWatchMetrics ?? [];
  return sets.reduce((total, { Metrics }) => total + Metrics.length, 0);
}

function logsOf(night: Night): Map<string, string[]> {
  const folder = join(night.folder, 'logs');
  if (!existsSync(folder)) return new Map();
  const files = readdirSync(folder).filter((file) => file.endsWith('.jsonl'));
  return new Map(
    files.map((file) => [
      file.slice(0, -'.jsonl'.length),
      readFileSync(join(folder, file), 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
    ]),
  );
}

function linesSince(
  before: ReadonlyMap<string, readonly string[]>,
  after: ReadonlyMap<string, readonly string[]>,
): Map<string, readonly string[]> {
  return new Map([...after].map(([name, lines]) => [name, lines.slice(before.get(name)?.length ?? 0)]));
}
