import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { costOf, PRICES, type Usage } from '../../lambdas/delivery/cost.ts';
import { RunArn } from '../../lambdas/model/ids.ts';
import type { WindowedPipelineName } from '../../lambdas/model/pipelines.ts';
import { PlanResult } from '../../lambdas/model/plan-result.ts';
import { estimateOf } from '../../lambdas/planning/estimate.ts';
import { functionSeconds } from '../support/cost-model.ts';
import { type CountedUsage, usageCounter } from '../support/counted-usage.ts';
import { numberIn, tableUnder } from '../support/document-tables.ts';
import { type Night, prepareNights, TENANT } from '../support/night.ts';
import { recordOf } from '../support/night-findings.ts';
import { QUEUES, reportSettings, SKILLS } from '../support/report-night.ts';

/*
 * The worked night has as many parts, pages and polls as one of 200,000 calls, in small: a thousandth of the rows of an
 * interaction's page, and half a thousandth of a part's. Jobs take a quarter of an hour.
 */
const nights = await prepareNights({
  simulator: { rows: 400, parts: 4 },
  pipelines: {
    analytics: { pageSize: 25, rangeDays: 1 },
    reports: {
      reports: [SKILLS, QUEUES].map((dataset) =>
        reportSettings(dataset, { outputs: ['parquet'], startDate: '2024-05-13' }),
      ),
    },
  },
});
const JOBS = ['queue-wait:300', 'processing-time:600', 'report-rows:50'];
const NIGHT = [...JOBS, 'interactions:1000'];
const BACK_FILL = [...JOBS, 'interactions:100'];

type Pipeline = WindowedPipelineName;
const PIPELINES = ['cdr-export', 'analytics-export', 'report-sync'] as const satisfies Pipeline[];

interface Counted {
  run: RunArn;
  usage: CountedUsage & Usage;
  windows: number;
  ranges: number;
}

const counter = usageCounter();
let night: Night;
const nightly = new Map<Pipeline, Counted>();
const backFills = new Map<Pipeline, Counted>();

beforeAll(async () => {
  night = await nights.open({ scenarios: NIGHT, onEffect: counter.onEffect });
  const range = { from: '2024-04-01', to: '2024-04-03' };
  for (const [pipeline, input, windows, ranges] of [
    ['cdr-export', range, 2, 0],
    ['analytics-export', range, 2, 2],
    ['report-sync', { date: '2024-04-01' }, 2, 0],
  ] as const) {
    night.simulator.use(NIGHT);
    // Reports read the last three days each night, each report for itself.
    const ofNight = pipeline === 'report-sync' ? 6 : 1;
    nightly.set(pipeline, {
      ...(await counted(pipeline, {})),
      windows: ofNight,
      ranges: ranges === 0 ? 0 : 1,
    });
    night.simulator.use(BACK_FILL);
    backFills.set(pipeline, { ...(await counted(pipeline, input)), windows, ranges });
  }
}, 300_000);
afterAll(() => nights.close());

async function counted(pipeline: Pipeline, input: object): Promise<Pick<Counted, 'run' | 'usage'>> {
  const started: RunArn[] = [];
  const usage = await counter.during(night, async () => {
    const ended = await night.run(input, TENANT, pipeline);
    expect(ended).toMatchObject({ status: 'SUCCEEDED' });
    started.push(ended.run);
    return [ended.run];
  });
  return {
    run: RunArn.parse(started[0]),
    usage: { ...usage, ...functionSeconds(pipeline, usage.functions) },
  };
}

function of(counts: ReadonlyMap<Pipeline, Counted>, pipeline: Pipeline): Counted {
  const found = counts.get(pipeline);
  if (found === undefined) throw new Error(`${pipeline} was not counted.`);
  return found;
}

const NIGHTS = 30;

/** A leap year of each pipeline; `days` is how many of the counted nights have as many windows. */
const YEAR: Readonly<Record<Pipeline, { windows: number; ranges: number; jobs: number; days: number }>> = {
  'cdr-export': { windows: 366, ranges: 0, jobs: 366, days: 366 },
  'analytics-export': { windows: 366, ranges: 5, jobs: 5, days: 366 },
  'report-sync': { windows: 732, ranges: 0, jobs: 0, days: 122 },
};
const KINDS = Object.keys(PRICES) as (keyof Usage)[];

describe('docs/cost.md', () => {
  it('ALL-14 has the prices that estimates are made of', () => {
    const told = tableUnder('cost.md', 'Prices').map((row) => [row.kind, numberIn(row['USD a million'])]);

    expect(told.map(([kind]) => kind)).toEqual(KINDS);
    for (const [kind, price] of told)
      expect(price, String(kind)).toBeCloseTo(PRICES[kind as keyof Usage] * 1e6, 1);
  });

  it('ALL-14 tells what a night of each pipeline uses as the engine and the services counted it', () => {
    const rows = tableUnder('cost.md', 'A night, counted');

    expect(rows.map(({ kind }) => kind)).toEqual(KINDS);
    for (const row of rows)
      for (const pipeline of PIPELINES) {
        const real = of(nightly, pipeline).usage[row.kind as keyof Usage];
        const told = numberIn(row[pipeline]);
        const exact = row.kind === 'stateTransitions' || row.kind === 'functionCalls';
        const room = exact ? 0 : Math.max(0.12 * real, real < 1 ? 0.00002 : 2);
        expect(
          Math.abs(told - real),
          `${pipeline} ${row.kind}: ${told} told, ${real} counted`,
        ).toBeLessThanOrEqual(room);
      }
  });

  it('ALL-14 works out the month from that night, and keeps the usage under 5 USD', () => {
    const nightRows = tableUnder('cost.md', 'A night, counted');
    const month = tableUnder('cost.md', 'The worked month');
    let total = 0;

    for (const row of nightRows) {
      const used = NIGHTS * PIPELINES.reduce((sum, pipeline) => sum + numberIn(row[pipeline]), 0);
      const told = month.find(({ kind }) => kind === row.kind);
      const usd = used * PRICES[row.kind as keyof Usage];
      total += usd;
      expect(numberIn(told?.['in a month']), row.kind).toBeCloseTo(used, 3);
      expect(numberIn(told?.USD), row.kind).toBeCloseTo(usd, 3);
    }

    expect(numberIn(month.at(-1)?.USD)).toBeCloseTo(total, 2);
    expect(total).toBeLessThan(5);
  });

  it.each(PIPELINES)(
    'ALL-14 ALL-16 has the state transitions and function calls of %s as formulas',
    (pipeline) => {
      const row = tableUnder('cost.md', 'State transitions and function calls').find(
        (one) => one.pipeline === pipeline,
      );
      for (const { usage, windows, ranges } of [of(nightly, pipeline), of(backFills, pipeline)]) {
        const polls = (usage.functions.poll ?? usage.functions['poll-export'])?.calls ?? 0;
        const parts = usage.functions.download?.calls ?? 0;
        const sum = (unit: string) => {
          const per = (name: string) => numberIn(row?.[`${unit} ${name}`]);
          return (
            per('a run') +
            windows * per('a window') +
            ranges * per('a range') +
            (parts + polls * (unit === 'transitions' ? 3 : 1))
          );
        };
        expect(usage.stateTransitions).toBe(sum('transitions'));
        expect(usage.functionCalls).toBe(sum('calls'));
      }
    },
  );

  it('ALL-14 ALL-16 works out a year’s back-fill from the formulas and that night', () => {
    const formulas = tableUnder('cost.md', 'State transitions and function calls');
    const nightRows = tableUnder('cost.md', 'A night, counted');
    const year = tableUnder('cost.md', 'A year’s back-fill');
    const [polls, parts] = [13, 4];
    const byFormula = (unit: string) =>
      formulas.reduce((sum, row) => {
        const { windows, ranges, jobs } = YEAR[row.pipeline as Pipeline];
        const per = (name: string) => numberIn(row[`${unit} ${name}`]);
        const ofJobs = jobs * polls * (unit === 'transitions' ? 3 : 1) + (ranges === 0 ? jobs * parts : 0);
        return sum + per('a run') + windows * per('a window') + ranges * per('a range') + ofJobs;
      }, 0);

    for (const row of nightRows) {
      const told = numberIn(year.find(({ kind }) => kind === row.kind)?.['in all']);
      const sum = (nightsOf: (pipeline: Pipeline) => number) =>
        PIPELINES.reduce((total, pipeline) => total + nightsOf(pipeline) * numberIn(row[pipeline]), 0);
      if (row.kind === 'stateTransitions') expect(told).toBe(byFormula('transitions'));
      else if (row.kind === 'functionCalls') expect(told).toBe(byFormula('calls'));
      else if (row.kind === 'metricHours' || row.kind === 'secretReads') expect(told).toBe(sum(() => 1));
      else
        expect(told, row.kind).toBeCloseTo(
          sum((pipeline) => YEAR[pipeline].days),
          3,
        );
    }
    const total = year.slice(0, -1).reduce((usd, row) => usd + numberIn(row.USD), 0);
    expect(numberIn(year.at(-1)?.USD)).toBeCloseTo(total, 2);
  });

  it('ALL-14 tells what stands whether anything runs or not, as the templates have it', () => {
    const templates = readdirSync(nights.assemblyFolder)
      .filter((file) => file.endsWith('.template.json'))
      .map((file) => readFileSync(join(nights.assemblyFolder, file), 'utf8'))
      .join('\n');
    const standing = tableUnder('cost.md', 'What stands');

    for (const { what, resource, number, each, USD } of standing) {
      if (resource !== '–')
        expect(templates.split(`"Type": "${resource}"`).length - 1, what).toBeLessThanOrEqual(
          1.1 * numberIn(number),
        );
      expect(numberIn(USD), what).toBeCloseTo(numberIn(number) * numberIn(each), 2);
    }
  });
});

const NO_HISTORY = { runs: 0, windows: 0, calls: 0, costUsd: 0 };

describe('ALL-14 estimates', () => {
  it.each([
    ['replay', { replayed: 2, shown: 0 }],
    ['republish', { replayed: 0, shown: 2 }],
  ])('of a %s call nothing, as it did, and are near what it came to', async (name, others) => {
    const input = { from: '2024-04-01', to: '2024-04-03', [name]: true };
    const { run, usage } = await counted('cdr-export', input);

    const planned = await night.run({ ...input, dryRun: true }, TENANT, 'cdr-export');

    const { answers } = await recordOf(night, run);
    const { estimate } = PlanResult.parse(
      JSON.parse(night.platform.engine.describe(planned.run).output ?? ''),
    );
    expect([answers, estimate.calls]).toEqual([{}, 0]);
    expect(estimate.costUsd).toBe(
      estimateOf('cdr-export', { exported: 0, ranges: 0, ...others }, NO_HISTORY).costUsd,
    );
    expect(estimate.costUsd).toBeGreaterThan(0.9 * costOf(usage));
    expect(estimate.costUsd).toBeLessThan(1.5 * costOf(usage));
  });

  it.each(PIPELINES)(
    'of %s before its first run are near what a night came to, and not below it',
    (pipeline) => {
      const { usage, windows, ranges } = of(nightly, pipeline);

      const work = { exported: windows, ranges, replayed: 0, shown: 0 };
      const { costUsd } = estimateOf(pipeline, work, NO_HISTORY);

      expect(costUsd).toBeGreaterThan(0.9 * costOf(usage));
      expect(costUsd).toBeLessThan(1.5 * costOf(usage));
    },
  );

  it.each(PIPELINES)(
    'in the record of a run of %s are not below what was counted, function time apart',
    async (pipeline) => {
      const { run, usage } = of(nightly, pipeline);

      const { costUsd } = await recordOf(night, run);

      const apart = costOf({
        gigabyteSeconds: usage.gigabyteSeconds,
        diskGigabyteSeconds: usage.diskGigabyteSeconds,
      });
      expect(costUsd).toBeGreaterThan(costOf(usage) - apart);
      expect(costUsd).toBeLessThan(2 * costOf(usage));
    },
  );
});
