import type { MapState } from './definition.ts';
import { sdkExecution } from './describe.ts';
import { Interruption } from './errors.ts';
import { type Json, type JsonObject, parseJson } from './json.ts';
import { executionArn } from './names.ts';
import { runPool } from './pool.ts';
import type { ChildResults } from './result-writer.ts';
import type { Run } from './run.ts';
import type { MapRun, MapRunChild, Summary } from './store.ts';
import type { Visit } from './visit.ts';

/** What a Map Run works on. */
export interface MapRunWork {
  state: MapState;
  visit: Visit;
  mapRun: MapRun;
  children: readonly MapRunChild[];
  /** Children under way at once. */
  concurrency: number;
}

/** The ARN of a child. */
export function childArn(run: Run, mapRun: MapRun, child: MapRunChild): string {
  return executionArn(run.machine.name, mapRun.label, child.name);
}

/**
 * Runs the children that have not succeeded: those that never began are started, those that failed, timed out or were
 * aborted are redriven, those that cannot be redriven stay as they are. When more items have failed than are
 * tolerated, nothing more begins and what runs is aborted. Gives whether that happened.
 */
export async function runChildren(work: MapRunWork): Promise<boolean> {
  const { visit, mapRun, children, concurrency } = work;
  const { executions } = visit.run.services;
  const failures = countFailures(mapRun, children);
  const running = new Set<string>();
  const stopRunning = (cause: string) =>
    Promise.all([...running].map((arn) => executions.stop(arn, undefined, cause)));
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  const { signal } = visit.scope;
  const interrupt = () => reject(signal.reason);
  signal.addEventListener('abort', interrupt, { once: true });
  const pool = runPool(children.length, concurrency, async (index) => {
    const child = children[index];
    if (child === undefined || failures.exceeded() || signal.aborted) return;
    const arn = begin(work, child);
    running.add(arn);
    const ended = await executions.ended(arn);
    running.delete(arn);
    if (ended.status === 'SUCCEEDED') return;
    failures.add(child.items);
    if (failures.exceeded())
      await stopRunning('The tolerated failure threshold of the Map Run was exceeded.');
  });
  try {
    signal.throwIfAborted();
    await Promise.race([pool, interrupted]);
    signal.throwIfAborted();
    return failures.exceeded();
  } catch (problem) {
    await stopRunning('The Map Run was aborted.');
    await pool;
    throw problem instanceof Interruption ? problem : signal.aborted ? signal.reason : problem;
  } finally {
    signal.removeEventListener('abort', interrupt);
  }
}

/** Starts or redrives a child, or leaves it as it is; gives its ARN. */
function begin({ state, visit, mapRun }: MapRunWork, child: MapRunChild): string {
  const { run } = visit;
  const { executions, store } = run.services;
  const arn = childArn(run, mapRun, child);
  const known = store.execution(arn);
  if (known === undefined) {
    executions.startChild({ parent: run, mapRun, group: state.group, name: child.name, input: child.input });
  } else if (executions.notRedrivable(known) === undefined) {
    executions.redriveChild(arn);
  }
  return arn;
}

interface Failures {
  add(items: number): void;
  exceeded(): boolean;
}

/** Counts failed items against the tolerance. Where none is given, the first failure is one too many. */
function countFailures(mapRun: MapRun, children: readonly MapRunChild[]): Failures {
  const total = children.reduce((sum, child) => sum + child.items, 0);
  const { toleratedFailureCount: count, toleratedFailurePercentage: percentage } = mapRun;
  let failed = 0;
  return {
    add(items) {
      failed += items;
    },
    exceeded() {
      if (failed === 0) return false;
      if (count === undefined && percentage === undefined) return true;
      return (
        (count !== undefined && failed > count) ||
        (percentage !== undefined && (100 * failed) / total > percentage)
      );
    },
  };
}

/** The results of a Map Run's children: as result files have them, and as the Map's own result. */
export interface Results {
  files: ChildResults;
  /** Outputs in the order of the items; a child that did not succeed is given as its description. */
  inOrder(): Json[];
}

/** Gathers the results of a Map Run. */
export function resultsOf(run: Run, mapRun: MapRun, children: readonly MapRunChild[]): Results {
  const files: ChildResults = { SUCCEEDED: [], FAILED: [], PENDING: [] };
  const ordered: (() => Json)[] = [];
  for (const child of children) {
    const summary = run.services.store.execution(childArn(run, mapRun, child));
    if (summary === undefined) {
      files.PENDING.push({ Name: child.name, Input: JSON.stringify(child.input), Status: 'PENDING' });
      continue;
    }
    const described = describeChild(run, summary);
    files[summary.status === 'SUCCEEDED' ? 'SUCCEEDED' : 'FAILED'].push(described);
    const { Output: output } = described;
    ordered.push(() =>
      summary.status === 'SUCCEEDED' && typeof output === 'string' ? parseJson(output) : described,
    );
  }
  return { files, inOrder: () => ordered.map((result) => result()) };
}

function describeChild(run: Run, summary: Summary): JsonObject {
  const { executions } = run.services;
  const { input, output } = executions.data(summary.executionArn);
  return sdkExecution(summary, executions.notRedrivable(summary), input, output);
}
