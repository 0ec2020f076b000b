import { randomUUID } from 'node:crypto';
import type { MapState } from './definition.ts';
import { Interruption, StateFault } from './errors.ts';
import { asArray, asNumber } from './evaluate.ts';
import { settleChildren } from './items.ts';
import type { Json } from './json.ts';
import { MAP_RUN_CONCURRENCY, MAP_RUN_REDRIVES, withinLimit } from './limits.ts';
import { resultsOf, runChildren } from './map-run.ts';
import { mapRunArn } from './names.ts';
import { writeResults } from './result-writer.ts';
import { withHandlers } from './retry.ts';
import type { MapRun } from './store.ts';
import { conclude, emit, evaluateField, INPUT, type Outcome, type Visit } from './visit.ts';

/**
 * Runs a distributed Map: each attempt is a Map Run whose items are child executions of their own. On a redrive the
 * Map Run that was under way goes on with what did not succeed, unless it ended with States.DataLimitExceeded or
 * States.Runtime.
 */
export function runDistributedMap(state: MapState, label: string, visit: Visit): Promise<Outcome> {
  const attempt = async () => {
    const interrupted = interruptedMapRun(visit);
    const { mapRun, items } =
      interrupted === undefined
        ? await beginMapRun(state, label, visit)
        : { mapRun: redrive(interrupted, visit), items: undefined };
    const result = await runMapRun(state, visit, mapRun, items);
    emit(visit, 'MapRunSucceeded');
    emit(visit, 'MapStateSucceeded');
    return await conclude(visit, state, '', result, state.Next, { result });
  };
  return withHandlers(visit, state, attempt, () => {
    emit(visit, 'MapStateFailed');
  });
}

/** Errors after which a redrive starts a new Map Run. */
const STARTS_ANEW = new Set(['States.DataLimitExceeded', 'States.Runtime']);

/** The Map Run that a redrive goes on with. */
function interruptedMapRun(visit: Visit): MapRun | undefined {
  const { replay, services } = visit.run;
  if (replay === undefined || !visit.resumed || visit.retryCount > 0) return undefined;
  const records = replay.of(visit.scope.key).filter(({ event }) => event.id > visit.enteredId);
  const started = records.findLast(({ event }) => event.type === 'MapRunStarted');
  const arn = started?.event.mapRunStartedEventDetails?.mapRunArn;
  if (arn === undefined) return undefined;
  const failure = records.findLast(({ event }) => event.type === 'MapRunFailed')?.event
    .mapRunFailedEventDetails;
  const anew = STARTS_ANEW.has(failure?.error ?? '') || replay.error === 'States.DataLimitExceeded';
  return anew ? undefined : services.store.mapRun(arn);
}

function redrive(mapRun: MapRun, visit: Visit): MapRun {
  const { store, clock } = visit.run.services;
  if (mapRun.redriveCount >= MAP_RUN_REDRIVES) {
    throw new StateFault('States.Runtime', `The Map Run has been redriven ${MAP_RUN_REDRIVES} times.`);
  }
  const { stopDate: _, ...rest } = mapRun;
  const again: MapRun = {
    ...rest,
    status: 'RUNNING',
    redriveCount: mapRun.redriveCount + 1,
    redriveDate: clock.now(),
  };
  store.saveMapRun(again);
  const details = { mapRunArn: again.mapRunArn, redriveCount: again.redriveCount };
  emit(visit, 'MapRunRedriven', { mapRunRedrivenEventDetails: details });
  return again;
}

async function beginMapRun(state: MapState, label: string, visit: Visit) {
  const { machine, summary, services } = visit.run;
  const numbers = {
    maxConcurrency: await numberField(
      visit,
      'MaxConcurrency',
      state.MaxConcurrency ?? 0,
      Number.MAX_SAFE_INTEGER,
    ),
    ...(await toleranceOf(state, visit)),
  };
  const items =
    state.ItemReader === undefined
      ? await evaluateField(visit, 'Items', state.Items ?? INPUT, asArray)
      : undefined;
  const note = visit.retryCount === 0 ? undefined : { retry: visit.retryCount };
  emit(visit, 'MapStateStarted', { mapStateStartedEventDetails: { length: items?.length ?? 0 } }, note);
  const mapRun: MapRun = {
    mapRunArn: mapRunArn(machine.name, label, randomUUID()),
    executionArn: summary.executionArn,
    stateMachineArn: `${machine.arn}/${label}`,
    label,
    status: 'RUNNING',
    startDate: services.clock.now(),
    redriveCount: 0,
    ...numbers,
  };
  services.store.saveMapRun(mapRun);
  emit(visit, 'MapRunStarted', { mapRunStartedEventDetails: { mapRunArn: mapRun.mapRunArn } });
  return { mapRun, items };
}

async function toleranceOf(state: MapState, visit: Visit) {
  const { ToleratedFailureCount: count, ToleratedFailurePercentage: percentage } = state;
  return {
    ...(count === undefined
      ? {}
      : {
          toleratedFailureCount: await numberField(
            visit,
            'ToleratedFailureCount',
            count,
            Number.MAX_SAFE_INTEGER,
          ),
        }),
    ...(percentage === undefined
      ? {}
      : {
          toleratedFailurePercentage: await numberField(
            visit,
            'ToleratedFailurePercentage',
            percentage,
            100,
            false,
          ),
        }),
  };
}

function numberField(
  visit: Visit,
  field: string,
  template: Json,
  most: number,
  integer = true,
): Promise<number> {
  return evaluateField(visit, field, template, (name, value) => asNumber(name, value, 0, most, integer));
}

async function runMapRun(
  state: MapState,
  visit: Visit,
  mapRun: MapRun,
  items: Json[] | undefined,
): Promise<Json> {
  try {
    const result = await processItems(state, visit, mapRun, items);
    close(visit, mapRun, 'SUCCEEDED');
    return result;
  } catch (problem) {
    close(visit, mapRun, problem instanceof Interruption ? 'ABORTED' : 'FAILED');
    if (problem instanceof Interruption) emit(visit, 'MapRunAborted');
    if (problem instanceof StateFault) {
      const details = { error: problem.error, cause: problem.causeText };
      emit(visit, 'MapRunFailed', { mapRunFailedEventDetails: details });
    }
    throw problem;
  }
}

async function processItems(
  state: MapState,
  visit: Visit,
  mapRun: MapRun,
  items: Json[] | undefined,
): Promise<Json> {
  const { store } = visit.run.services;
  let children = store.children(mapRun.mapRunArn);
  if (children === undefined) {
    children = await settleChildren(state, visit, items);
    store.saveChildren(mapRun.mapRunArn, children);
  }
  const concurrency = mapRun.maxConcurrency === 0 ? MAP_RUN_CONCURRENCY : mapRun.maxConcurrency;
  const exceeded = await runChildren({ state, visit, mapRun, children, concurrency });
  const results = resultsOf(visit.run, mapRun, children);
  const written =
    state.ResultWriter === undefined
      ? undefined
      : await writeResults(state.ResultWriter, visit, mapRun, results.files);
  if (exceeded) {
    throw new StateFault(
      'States.ExceedToleratedFailureThreshold',
      'The specified tolerated failure threshold was exceeded',
    );
  }
  return written ?? withinLimit("The Map's result", results.inOrder());
}

function close(visit: Visit, mapRun: MapRun, status: MapRun['status']): void {
  const { store, clock } = visit.run.services;
  store.saveMapRun({ ...mapRun, status, stopDate: clock.now() });
}
