import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { createEngine, type Engine, type EngineOptions } from '../../../local/engine/engine.ts';
import type { HistoryEvent } from '../../../local/engine/history.ts';
import { type Json, throughJson } from '../../../local/engine/json.ts';
import type { FunctionResult, WorkSurroundings } from '../../../local/engine/run.ts';
import { createClock, type VirtualClock } from '../../../local/engine/virtual-clock.ts';
import { MACHINE, START } from './constants.ts';

export { MACHINE, START };

/** A function under test: gives the payload, or throws to fail. */
export type TestFunction = (payload: Json, surroundings: WorkSurroundings) => Promise<unknown> | unknown;

/** Thrown by a test function to fail as a Lambda function that throws. */
export class FunctionError extends Error {
  constructor(name: string, message = 'it failed') {
    super(message);
    this.name = name;
  }
}

/** What a test runs on. */
export interface Bench {
  engine: Engine;
  clock: VirtualClock;
  folder: string;
  objects: Map<string, string>;
}

export interface BenchOptions extends Partial<Omit<EngineOptions, 'machines'>> {
  functions?: Record<string, TestFunction>;
  objects?: never;
  store?: Map<string, string>;
  machines?: Record<string, object>;
  startAt?: number;
}

const scratch: string[] = [];

afterAll(() => {
  for (const folder of scratch.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A new folder that nothing else uses, removed when the file's tests are over. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'engine-test-'));
  scratch.push(folder);
  return folder;
}

/** Opens an engine over one machine (more by `machines`), a clock that moves by jumps alone and objects in memory. */
export function openBench(definition: object, options: BenchOptions = {}): Bench {
  const { functions = {}, store = new Map(), machines = {}, startAt = START, ...rest } = options;
  const clock = rest.clock ?? createClock({ skipWaits: true, flow: false, startAt });
  const folder = rest.folder ?? scratchFolder();
  const sources = Object.entries({ nightly: definition, ...machines }).map(([name, one]) => ({
    arn: `arn:aws:states:eu-west-1:000000000000:stateMachine:${name}`,
    name,
    definition: JSON.stringify({ QueryLanguage: 'JSONata', ...one }),
  }));
  const engine = createEngine({
    invokeFunction: async (arn, payload, surroundings) =>
      callFunction(functions[arn], arn, payload, surroundings),
    random: () => 0.5,
    ...rest,
    objects: {
      async read(bucket, key) {
        const text = store.get(`${bucket}/${key}`);
        if (text === undefined) throw new Error('NoSuchKey');
        return new TextEncoder().encode(text);
      },
      async write(bucket, key, body) {
        store.set(`${bucket}/${key}`, body);
      },
    },
    folder,
    clock,
    machines: sources,
  });
  return { engine, clock, folder, objects: store };
}

async function callFunction(
  work: TestFunction | undefined,
  arn: string,
  payload: unknown,
  surroundings: WorkSurroundings,
): Promise<FunctionResult> {
  if (work === undefined) throw new Error(`no function ${arn}`);
  try {
    return { payload: await work(throughJson(payload) ?? null, surroundings) };
  } catch (error) {
    if (!(error instanceof FunctionError)) throw error;
    return { error: { errorType: error.name, errorMessage: error.message, trace: [] } };
  }
}

/** Starts an execution and waits for its end. */
export async function runToEnd(bench: Bench, input: Json = {}, name?: string) {
  const { executionArn } = await bench.engine.start(MACHINE, {
    input,
    ...(name === undefined ? {} : { name }),
  });
  return await bench.engine.wait(executionArn);
}

/** The types of an execution's events, in order. */
export function typesOf(bench: Bench, executionArn: string): string[] {
  return bench.engine.history(executionArn).map((event) => event.type);
}

/** The names of the states entered, in order. */
export function entered(events: readonly HistoryEvent[]): (string | undefined)[] {
  return events
    .filter((event) => event.type.endsWith('StateEntered'))
    .map((event) => event.stateEnteredEventDetails?.name);
}

/** A Task state that invokes a function of the bench. */
export function invokes(functionName: string, rest: object = {}): object {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::lambda:invoke',
    Arguments: { FunctionName: functionName, Payload: '{% $states.input %}' },
    Output: '{% $states.result.Payload %}',
    ...rest,
  };
}
