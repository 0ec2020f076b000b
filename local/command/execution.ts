import { clientsFor } from '../../lambdas/aws/clients.ts';
import { s3ObjectStore } from '../../lambdas/aws/s3-object-store.ts';
import { runRecordKey } from '../../lambdas/lake/keys.ts';
import { isError } from '../../lambdas/model/errors.ts';
import { RunArn } from '../../lambdas/model/ids.ts';
import { FAMILY_OF } from '../../lambdas/model/pipelines.ts';
import type { ObjectStore } from '../../lambdas/model/ports.ts';
import { RunRecord } from '../../lambdas/model/run-record.ts';
import type { ExecutionDescription } from '../engine/describe.ts';
import { openPlatform, type Platform } from '../platform.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { onInterruption } from './interruption.ts';
import type { Outputs } from './output.ts';
import type { Place, Prepared } from './preparation.ts';
import { watchProgress } from './progress.ts';
import type { RunOwner } from './run-names.ts';
import { copyRunPages } from './run-pages.ts';
import { exitCodeOf, printRun, printRunFailure, type RunSurroundings } from './run-report.ts';
import { timeTowards } from './target.ts';

/** A run to be begun, or gone on with. */
export interface Execution {
  place: Place;
  prepared: Prepared;
  owner: RunOwner;
  /** Starts or redrives the run; gives its ARN. */
  begin(platform: Platform): Promise<string>;
  /** The command that goes on with the run of that name. */
  redriveCommand(name: string): string;
  /** The run's record on the output as one JSON document, everything else beside it. */
  json: boolean;
  /** Does something more while the lake is open; not called after a failure. */
  afterwards?(objects: ObjectStore): Promise<void>;
}

/** Opens the platform, carries a run out while it shows how things stand, and reports what became of it. */
export async function carryOut(execution: Execution, outputs: Outputs): Promise<ExitCode> {
  const { place, prepared, owner, json } = execution;
  const shown = json ? outputs.err : outputs.out;
  const time = await timeTowards(
    prepared.configured.families[FAMILY_OF[owner.pipeline]].baseUrl,
    place.skipWaits,
  );
  const watching: { platform?: Platform } = {};
  const progress = watchProgress((arn) => watching.platform?.engine.describe(arn).input ?? '{}');
  const platform = await openPlatform({
    folder: place.data,
    configuration: prepared.configuration,
    secrets: prepared.secrets,
    ...time,
    onEvent(arn, event) {
      const line = progress.take(arn, event);
      if (line !== undefined && !shown.isTerminal) shown.line(line);
      shown.redraw(progress.standing(watching.platform?.clock.skipped() ?? 0));
    },
  });
  watching.platform = platform;
  try {
    return await runOn(platform, execution, outputs);
  } finally {
    shown.redraw('');
    await platform.close();
  }
}

async function runOn(platform: Platform, execution: Execution, outputs: Outputs): Promise<ExitCode> {
  const shown = execution.json ? outputs.err : outputs.out;
  const began = performance.now();
  const arn = await execution.begin(platform);
  const stopListening = onInterruption(() => {
    shown.line('Stopping: what is done is kept.');
    // Its end is waited for below.
    void platform.engine.stop(arn, 'RunInterrupted', 'The run was stopped at the keyboard.');
  });
  const ended = await platform.engine.wait(arn);
  const unrecorded = await platform.engine.idle().then(
    () => undefined,
    (error: unknown) => error,
  );
  stopListening();
  shown.redraw('');
  const surroundings: RunSurroundings = {
    realMilliseconds: performance.now() - began,
    skippedMilliseconds: platform.clock.skipped(),
    redrive: ended.redriveStatus === 'REDRIVABLE' ? execution.redriveCommand(ended.name) : undefined,
  };
  const { s3 } = clientsFor(platform.aws.environment);
  const objects = s3ObjectStore(s3, platform.bucket);
  const text = await recordText(objects, execution.owner, ended);
  if (text === undefined) return reportWithout(ended, unrecorded, surroundings, outputs, execution.json);
  const record = RunRecord.parse(JSON.parse(text));
  if (execution.json) outputs.out.write(text);
  if (record.error?.name !== 'InputRefused') printRun(shown, record, surroundings);
  shown.line(`Page of the run: ${await copyRunPages(objects, record, execution.place.data)}`);
  if (record.outcome !== 'SUCCEEDED') printRunFailure(outputs.err, record, surroundings);
  else await execution.afterwards?.(objects);
  return exitCodeOf(record);
}

async function recordText(
  objects: ObjectStore,
  { tenant, pipeline }: RunOwner,
  { executionArn }: ExecutionDescription,
): Promise<string | undefined> {
  try {
    return await objects.readText(runRecordKey(tenant, pipeline, RunArn.parse(executionArn)));
  } catch (error) {
    if (isError(error, 'ObjectMissing')) return undefined;
    throw error;
  }
}

/** A dry run leaves no record: its output is all there is. Any other run without one has failed to write it. */
function reportWithout(
  ended: ExecutionDescription,
  unrecorded: unknown,
  { redrive }: RunSurroundings,
  { out, err }: Outputs,
  json: boolean,
): ExitCode {
  const { status, output, error, cause, name } = ended;
  if (status === 'SUCCEEDED' && unrecorded === undefined && output !== undefined) {
    out.line(json ? output : JSON.stringify(JSON.parse(output), undefined, 2));
    return EXIT.done;
  }
  if (json) out.line(JSON.stringify({ name, outcome: status, error, cause }));
  err.line(err.paint('red', `${error ?? status}: ${cause ?? 'the platform gave no cause'}`));
  if (unrecorded !== undefined)
    err.line('The record of the run could not be written: see the log of the record function.');
  err.line(`Next: ${redrive ?? 'start the pipeline again with the same input'}`);
  return EXIT.failed;
}
