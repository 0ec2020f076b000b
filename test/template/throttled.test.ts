import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { EngineOptions } from '../../local/engine/engine.ts';
import { FunctionFault } from '../../local/engine/errors.ts';
import { steadyNumbers } from '../support/steady-numbers.ts';
import { openBench, runToEnd } from '../unit/engine/harness.ts';
import { definitionOf, synthesise, tenant } from './synthesised.ts';

/** Invocations that run at once in an account that AWS has not given more yet. */
const CONCURRENCY = 10;
const WINDOWS = [1, 2, 3, 4];
const PARTS = [1, 2, 3, 4];

const Window = z.looseObject({ DownloadParts: z.looseObject({}) });
const Run = z.looseObject({
  WindowsDue: z.unknown(),
  ExportWindows: z.looseObject({ ItemProcessor: z.looseObject({ States: Window }) }),
});

/** The variables of a window that stands before its downloads. */
const CLAIMED = {
  run: 'arn:run',
  epoch: 1,
  dataset: 'cdr',
  day: '2024-05-15',
  attempt: 1,
  fetch: 1,
  partsMissing: 0,
  parts: PARTS.map((part) => ({ part })),
};

/** Four windows of the machine at their downloads, all at once. */
function downloadsAtOnce() {
  const stack = synthesise({ tenants: [tenant('acme')] })('cxone-export-acme');
  const machines = Object.values(stack.findResources('AWS::StepFunctions::StateMachine'));
  const run = machines.flatMap((machine) => Run.safeParse(definitionOf(machine).States).data ?? []);
  const { DownloadParts } = Window.parse(run[0]?.ExportWindows.ItemProcessor.States);
  const { Catch: _, ...downloads } = DownloadParts;
  return {
    StartAt: 'Windows',
    States: {
      Windows: {
        Type: 'Map',
        Items: WINDOWS,
        ItemProcessor: {
          StartAt: 'Claimed',
          States: {
            Claimed: { Type: 'Pass', Assign: CLAIMED, Next: 'DownloadParts' },
            DownloadParts: { ...downloads, Next: undefined, End: true },
          },
        },
        End: true,
      },
    },
  };
}

/** A function that is refused where as many as the account may have are at work, and else takes its time. */
function crowded(milliseconds: number) {
  const seen = { refused: 0, atOnce: 0 };
  let working = 0;
  const invokeFunction: EngineOptions['invokeFunction'] = async (_function, _payload, { clock }) => {
    if (working >= CONCURRENCY) {
      seen.refused += 1;
      throw new FunctionFault('Lambda.TooManyRequestsException', 'Rate Exceeded.');
    }
    working += 1;
    seen.atOnce = Math.max(seen.atOnce, working);
    await clock.sleep(milliseconds);
    working -= 1;
    return { payload: {} };
  };
  return { seen, invokeFunction };
}

describe('an account whose concurrency is small', () => {
  it('ALL-10 sixteen downloads of a quarter of an hour each fit into ten places: the rest waits for its turn', async () => {
    const { seen, invokeFunction } = crowded(900_000);
    const bench = openBench(downloadsAtOnce(), { invokeFunction, random: steadyNumbers() });

    const ended = await runToEnd(bench);

    expect(ended).toMatchObject({ status: 'SUCCEEDED' });
    expect(JSON.parse(ended.output ?? '')).toEqual(WINDOWS.map(() => ({ parts: PARTS.length })));
    expect(seen.atOnce).toBe(CONCURRENCY);
    expect(seen.refused).toBeGreaterThan(0);
  });
});
