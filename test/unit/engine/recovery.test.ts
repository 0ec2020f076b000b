import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { StoreDamaged } from '../../../local/engine/errors.ts';
import type { HistoryEvent } from '../../../local/engine/history.ts';
import type { Json } from '../../../local/engine/json.ts';
import { type EngineView, viewFolder } from '../../../local/engine/view.ts';
import { createClock } from '../../../local/engine/virtual-clock.ts';
import {
  type BenchOptions,
  invokes,
  MACHINE,
  openBench,
  runToEnd,
  START,
  scratchFolder,
  typesOf,
} from './harness.ts';

const NIGHT = 'arn:aws:states:eu-west-1:000000000000:execution:nightly:night';

/** Every kind of state that has something to remember: variables, an inline Map, a Map Run, a poll loop. */
const definition = {
  StartAt: 'Plan',
  States: {
    Plan: invokes('plan', { Assign: { days: '{% $states.result.Payload %}' }, Next: 'Parts' }),
    Parts: {
      Type: 'Map',
      Items: '{% $days %}',
      ItemProcessor: {
        StartAt: 'Download',
        States: {
          Download: invokes('download', { Assign: { part: '{% $states.result.Payload %}' }, Next: 'Pause' }),
          Pause: { Type: 'Wait', Seconds: 5, Output: '{% $part %}', End: true },
        },
      },
      Assign: { parts: '{% $states.result %}' },
      Next: 'Windows',
    },
    Windows: {
      Type: 'Map',
      Label: 'windows',
      Items: '{% $parts %}',
      MaxConcurrency: 2,
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Claim',
        States: { Claim: invokes('claim', { Next: 'Wait' }), Wait: { Type: 'Wait', Seconds: 60, End: true } },
      },
      Assign: { committed: '{% $states.result %}' },
      Output: 3,
      Next: 'Poll',
    },
    Poll: { Type: 'Pass', Output: '{% $states.input - 1 %}', Next: 'More?' },
    'More?': {
      Type: 'Choice',
      Choices: [{ Condition: '{% $states.input > 0 %}', Next: 'Poll' }],
      Default: 'Done',
    },
    Done: {
      Type: 'Succeed',
      Output: { days: '{% $days %}', parts: '{% $parts %}', committed: '{% $committed %}' },
    },
  },
};

/** Functions that count their calls, by name and payload. */
function counted() {
  const calls = new Map<string, number>();
  const count = (name: string, result: (payload: Json) => unknown) => (payload: Json) => {
    const key = `${name} ${JSON.stringify(payload)}`;
    calls.set(key, (calls.get(key) ?? 0) + 1);
    return result(payload);
  };
  const functions = {
    plan: count('plan', () => ['d1', 'd2', 'd3']),
    download: count('download', (day) => `${day}-part`),
    claim: count('claim', (part) => `${part}-claimed`),
  };
  return { calls, functions };
}

interface Copy {
  folder: string;
  executionArn: string;
  id: number;
}

/** Keeps a copy of the folder at each event: what a kill at that moment would leave. */
function keepCopies(folder: string, copies: Copy[]) {
  return (executionArn: string, { id }: { id: number }) => {
    const copy = scratchFolder();
    cpSync(folder, copy, { recursive: true });
    copies.push({ folder: copy, executionArn, id });
  };
}

/** Runs the night once, with copies. */
async function recordNight() {
  const folder = scratchFolder();
  const copies: Copy[] = [];
  const { functions } = counted();
  const bench = openBench(definition, { folder, functions, onEvent: keepCopies(folder, copies) });
  const ended = await runToEnd(bench, {}, 'night');
  return { copies, ended };
}

/** Opens a folder as the next process would, redrives the night and waits for its end. */
async function goOn(folder: string, onEvent: BenchOptions['onEvent'] = () => {}) {
  const { calls, functions } = counted();
  const bench = openBench(definition, { folder, functions, onEvent, startAt: START + 3_600_000 });
  const found = bench.engine.describe(NIGHT);
  const done = callsDone(bench.engine);
  if (found.redriveStatus === 'REDRIVABLE') await bench.engine.redrive(NIGHT);
  const ended = await bench.engine.wait(NIGHT);
  const repeated = [...calls.keys()].filter((key) => done.has(key));
  return { bench, found, ended, repeated };
}

/** The function calls whose Task has been left, in the night and its children. */
function callsDone(engine: EngineView): Set<string> {
  const children = engine.mapRuns(NIGHT).flatMap((mapRun) => engine.children(mapRun.mapRunArn));
  const histories = [NIGHT, ...children.map((child) => child.executionArn)].map((arn) => engine.history(arn));
  return new Set(histories.flatMap((events) => events.flatMap((event) => callLeftBy(event, events))));
}

function callLeftBy(event: HistoryEvent, events: readonly HistoryEvent[]): string[] {
  if (event.type !== 'TaskStateExited') return [];
  let scheduled: HistoryEvent | undefined = event;
  while (scheduled !== undefined && scheduled.type !== 'TaskScheduled')
    scheduled = events[scheduled.previousEventId - 1];
  const { FunctionName, Payload } = JSON.parse(scheduled?.taskScheduledEventDetails?.parameters ?? '{}');
  return [`${FunctionName} ${JSON.stringify(Payload)}`];
}

const logOf = (folder: string, executionArn: string) =>
  join(
    folder,
    'executions',
    ...executionArn.split(':').slice(6, 7),
    `${executionArn.split(':').at(-1)}.jsonl`,
  );

describe('an engine whose process ended', () => {
  it('ALL-03 goes on from every event at which it can be killed, to the same output, repeating nothing that was done', async () => {
    const { copies, ended: clean } = await recordNight();
    const outcomes: Awaited<ReturnType<typeof goOn>>[] = [];

    for (const copy of copies) outcomes.push(await goOn(copy.folder));

    expect(copies.length).toBeGreaterThan(80);
    expect(outcomes.map(({ ended }) => ended.output)).toEqual(copies.map(() => clean.output));
    expect(outcomes.flatMap(({ repeated }) => repeated)).toEqual([]);
    const found = outcomes.slice(0, -1).map((outcome) => `${outcome.found.status} ${outcome.found.error}`);
    expect(new Set(found)).toEqual(new Set(['ABORTED Engine.ProcessEnded']));
    const histories = outcomes.map(({ bench }) => bench.engine.history(NIGHT).map((event) => event.id));
    expect(histories.every((ids) => ids.every((id, index) => id === index + 1))).toBe(true);
  });

  it('ALL-03 goes on when it is killed a second time, at every event of the redrive', async () => {
    const { copies, ended: clean } = await recordNight();
    const again: Copy[] = [];
    for (const [index, { folder }] of copies.entries()) {
      if (index % 16 === 5) await goOn(folder, keepCopies(folder, again));
    }
    const outcomes: Awaited<ReturnType<typeof goOn>>[] = [];

    for (const { folder } of again) outcomes.push(await goOn(folder));

    expect(again.length).toBeGreaterThan(150);
    expect(outcomes.map(({ ended }) => ended.output)).toEqual(again.map(() => clean.output));
    expect(outcomes.flatMap(({ repeated }) => repeated)).toEqual([]);
  });

  it('ALL-03 tolerates a line that was being written: the event does not count, everything before it does', async () => {
    const { copies, ended: clean } = await recordNight();
    const torn = copies.filter((copy) => copy.id > 1);
    for (const { folder, executionArn } of torn) {
      const path = logOf(folder, executionArn);
      const text = readFileSync(path, 'utf8');
      const line = text.trimEnd().split('\n').at(-1) ?? '';
      truncateSync(path, Buffer.byteLength(text) - Math.ceil(Buffer.byteLength(line) / 2) - 1);
    }
    const outcomes: Awaited<ReturnType<typeof goOn>>[] = [];

    for (const { folder } of torn) outcomes.push(await goOn(folder));

    expect(outcomes.map(({ ended }) => ended.output)).toEqual(torn.map(() => clean.output));
  });

  it('ALL-03 an execution whose start was never acknowledged does not exist, and its name is free', async () => {
    const { copies } = await recordNight();
    const folder = copies[0]?.folder ?? '';
    rmSync(logOf(folder, NIGHT));
    const { functions } = counted();

    const bench = openBench(definition, { folder, functions });

    expect(bench.engine.list()).toEqual([]);
    const ended = await runToEnd(bench, {}, 'night');
    expect(ended.status).toBe('SUCCEEDED');
  });

  it('ALL-10 tells the listener once of executions that became ABORTED, children too', async () => {
    const { copies } = await recordNight();
    const folder = copies.find(({ executionArn }) => executionArn.includes('/windows:'))?.folder ?? '';
    const told: string[] = [];
    const tell: BenchOptions = {
      folder,
      onStatusChange: ({ detail }) =>
        void told.push(`${detail.stateMachineArn.split(':').at(-1)} ${detail.status}`),
    };

    await openBench(definition, tell).engine.idle();
    await openBench(definition, tell).engine.idle();

    expect(told).toEqual(['nightly ABORTED', 'nightly/windows ABORTED']);
  });

  it('OPS-08 says when the listener is done with them, and does not wait for what runs', async () => {
    const { copies } = await recordNight();
    const folder = copies.find(({ executionArn }) => executionArn.includes('/windows:'))?.folder ?? '';
    const told: string[] = [];
    const bench = openBench(definition, {
      folder,
      functions: { plan: () => new Promise(() => undefined) },
      async onStatusChange({ detail }) {
        await Promise.resolve();
        told.push(detail.status);
      },
    });
    await bench.engine.start(MACHINE, { name: 'under-way' });

    await bench.engine.heard();

    expect(told.toSorted()).toEqual(['ABORTED', 'ABORTED', 'RUNNING']);
  });

  it('ALL-10 a Map Run that was under way becomes ABORTED with its execution', async () => {
    const { copies } = await recordNight();
    const folder = copies.find(({ executionArn }) => executionArn.includes('/windows:'))?.folder ?? '';

    const bench = openBench(definition, { folder });

    expect(typesOf(bench, NIGHT).slice(-2)).toEqual(['MapRunAborted', 'ExecutionAborted']);
    expect(bench.engine.mapRuns(NIGHT)).toMatchObject([{ status: 'ABORTED' }]);
  });

  it('ALL-03 a look into the folder changes nothing in it', async () => {
    const { copies } = await recordNight();
    const folder = copies[20]?.folder ?? '';
    const log = readFileSync(logOf(folder, NIGHT), 'utf8');
    appendFileSync(logOf(folder, NIGHT), '{"scope":"');

    const found = viewFolder(folder).describe(NIGHT);

    expect(found.status).toBe('RUNNING');
    expect(readFileSync(logOf(folder, NIGHT), 'utf8')).toBe(`${log}{"scope":"`);
  });

  it('ALL-03 a log damaged elsewhere than at its end is refused, with file and line', async () => {
    const { copies } = await recordNight();
    const folder = copies[20]?.folder ?? '';
    const path = logOf(folder, NIGHT);
    appendFileSync(path, 'x\n{}\n');

    const open = () => openBench(definition, { folder });

    expect(open).toThrow(StoreDamaged);
    expect(open).toThrow(/night\.jsonl, line \d+: is not JSON/);
  });

  it('ALL-03 SIGKILL loses no event that was told', async () => {
    const folder = scratchFolder();
    const child = spawn(process.execPath, [join(import.meta.dirname, 'killed-process.ts'), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let told = '';
    child.stdout.setEncoding('utf8');
    for await (const text of child.stdout) {
      told += text;
      if (told.length > 4_000) break;
    }
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    const last = Number(told.split('\n').at(-2));
    const loop = { StartAt: 'Wait', States: { Wait: { Type: 'Wait', Seconds: 60, End: true } } };

    const bench = openBench(loop, {
      folder,
      clock: createClock({ skipWaits: true, flow: false, startAt: START + 10 ** 9 }),
    });

    const [killed] = bench.engine.list(MACHINE);
    const history = bench.engine.history(killed?.executionArn ?? '');
    expect(killed?.status).toBe('ABORTED');
    expect(history.length).toBeGreaterThan(last);
    expect(history.at(-1)?.type).toBe('ExecutionAborted');
  });
});
