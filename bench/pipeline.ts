import { fork } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { clientsFor } from '../lambdas/aws/clients.ts';
import { s3ObjectStore } from '../lambdas/aws/s3-object-store.ts';
import { runRecordKey } from '../lambdas/lake/keys.ts';
import { RunArn, TenantId } from '../lambdas/model/ids.ts';
import { RunRecord } from '../lambdas/model/run-record.ts';
import { loadConfiguration } from '../lib/configuration-file.ts';
import type { InvocationMeasure } from '../local/assembly/functions.ts';
import { startSimulator, usualCredentials } from '../local/cxone/index.ts';
import { openPlatform, type Platform } from '../local/platform.ts';
import { type PartFiles, SEED } from './parts.ts';

const TENANT = TenantId.parse('bench');
const SECRET = 'cxone/bench';
const PROJECT = fileURLToPath(new URL('..', import.meta.url));

/** One invocation of a handler. Instants are milliseconds of one origin. */
export interface Measured extends InvocationMeasure {
  /** The handler's file without its ending. */
  handler: string;
  begun: number;
  ended: number;
}

type Ended = Omit<Measured, 'handler' | 'begun'>;

/** What a run took. */
export interface PipelineMeasure {
  /** From the start of the run to its record. */
  milliseconds: number;
  invocations: Measured[];
  totals: RunRecord['totals'];
}

/**
 * Loads a day with the real machine and the deployed bundles, each in processes of its own, from parts that lie in files;
 * then loads it again, which does nothing.
 * @param transformMemory megabytes, the pipeline's setting
 * @throws where a run does not succeed
 */
export async function measurePipeline(
  folder: string,
  day: string,
  parts: PartFiles,
  transformMemory: number,
): Promise<{ first: PipelineMeasure; repeated: PipelineMeasure }> {
  const simulator = await startSimulator({ seed: SEED, ...parts.settings });
  const server = await startPartServer(simulator.url, parts.files);
  const invocations: Ended[] = [];
  const platform = await openPlatform({
    folder: join(folder, 'data'),
    configuration: configure(folder, server.url, transformMemory),
    secrets: { [SECRET]: usualCredentials },
    mode: 'process',
    skipWaits: true,
    tellTime: true,
    startAt: Date.parse(`${day}T00:00:00.000Z`) + 27.5 * 3_600_000,
    onInvocation: (measure) => invocations.push({ ...measure, ended: performance.now() }),
  });
  try {
    const run = () => measureRun(platform, day, invocations);
    return { first: await run(), repeated: await run() };
  } finally {
    await platform.close();
    server.stop();
    await simulator.stop();
  }
}

async function measureRun(platform: Platform, day: string, seen: Ended[]): Promise<PipelineMeasure> {
  seen.length = 0;
  const begun = performance.now();
  const started = await platform.engine.start(platform.machineOf(TENANT, 'cdr-export'), {
    input: { date: day },
  });
  const run = RunArn.parse(started.executionArn);
  const { status, error, cause } = await platform.engine.wait(run);
  await platform.engine.idle();
  const milliseconds = performance.now() - begun;
  if (status !== 'SUCCEEDED') throw new Error(`The run has ended as ${status}: ${error}: ${cause}`);
  const objects = s3ObjectStore(clientsFor(platform.aws.environment).s3, platform.bucket);
  const record = RunRecord.parse(JSON.parse(await objects.readText(runRecordKey(TENANT, 'cdr-export', run))));
  const handlers = new Map(
    platform.assembly.functions.map(({ name, entry = '' }) => [name, /(\w+)\.ts$/.exec(entry)?.[1] ?? name]),
  );
  const invocations = seen.map((measure) => ({
    ...measure,
    handler: handlers.get(measure.name) ?? measure.name,
    begun: measure.ended - measure.use.milliseconds,
  }));
  return { milliseconds, invocations, totals: record.totals };
}

async function startPartServer(simulator: string, files: readonly string[]) {
  const script = fileURLToPath(new URL('part-server.ts', import.meta.url));
  const server = fork(script, [JSON.stringify({ simulator, files })]);
  const [port] = await once(server, 'message');
  return { url: `http://127.0.0.1:${z.int().parse(port)}`, stop: () => server.disconnect() };
}

function configure(folder: string, baseUrl: string, transformMemory: number) {
  mkdirSync(folder, { recursive: true });
  cpSync(join(PROJECT, 'config', 'mappings'), join(folder, 'mappings'), { recursive: true });
  const file = join(folder, 'configuration.json');
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x86_64';
  const tenants = [{ id: TENANT, secret: SECRET, baseUrl, pipelines: { cdr: { transformMemory } } }];
  writeFileSync(file, JSON.stringify({ lake: { architecture }, tenants }));
  return loadConfiguration(file);
}
