import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StoredNight } from '../support/night.ts';
import { type Bench, type BenchOptions, type KilledRun, openBench } from './crash-bench.ts';
import { CHOICE, type Crash, crashesOf, groupsOf, wordsFor } from './crash-points.ts';

/** A pipeline whose process is killed around every effect that it has outside. */
export interface CrashedPipeline extends BenchOptions {
  /** What the tests are about: numbers of requirements, and the run in a few words. */
  title: string;
  /** Services that a clean run has to reach, so that a trace that misses one is noticed; `http` is CXone. */
  services: readonly string[];
  /** How many effects `npm test` draws, for a run whose every effect would take too long. Default: all. */
  sample?: number;
  /** What has to be found after a clean run, and just so after every crash and recovery. */
  expectRecovered(night: StoredNight): Promise<void>;
}

/**
 * Declares a test for a clean run, and one for each crash that follows from its trace: the engine's process is killed by
 * SIGKILL before or after an effect while services and simulator live on, the run is started again or redriven in another
 * process, and what is expected of a clean run is expected of this one. Several runs, each on stores of its own, are killed
 * with one process.
 */
export async function describeCrashes(pipeline: CrashedPipeline): Promise<void> {
  const { title, services, expectRecovered } = pipeline;
  const bench = await openBench(pipeline);
  const clean = await bench.runClean();
  const groups = groupsOf(crashesOf(clean.trace, pipeline.sample));

  describe(`${title}, killed by choice ${CHOICE}`, () => {
    afterAll(() => bench.close());

    it('is traced from a clean run first, which reaches every service', async () => {
      const reached = clean.trace.effects.map(({ request }) => request.split(' ')[0]);
      expect(clean.said.status).toBe('SUCCEEDED');
      expect(reached).toEqual(expect.arrayContaining([...services]));
      await expectRecovered(clean.stores.night);
    });

    describe.each(groups.map((crashes, number) => ({ crashes, number })))(
      'in process $number',
      ({ crashes }) => {
        let runs: readonly KilledRun[] = [];
        beforeAll(async () => {
          runs = await killedAtTheirPoints(bench, crashes);
        });

        it.each(crashes.map(({ point, action }, number) => ({ words: wordsFor(point), action, number })))(
          'ends as if nothing had happened: $words, then $action',
          async ({ number }) => {
            const run = runs[number];

            const again = await run?.recover();

            expect(run?.killed, 'the process was killed at the point').toBeUndefined();
            expect(again?.status).toBe('SUCCEEDED');
            if (run !== undefined) await expectRecovered(run.stores.night);
          },
        );
      },
    );
  });
}

/** How often runs are made for the same crashes before a test says that the point was not reached. */
const TRIES = 3;

/**
 * Kills runs at their points. Strands of a run ask in an order that is the machine's own, so that one of them may ask once less than it did in
 * the clean run: all are made again then.
 */
async function killedAtTheirPoints(bench: Bench, crashes: readonly Crash[]): Promise<readonly KilledRun[]> {
  let runs = await bench.runKilled(crashes);
  for (let tries = 1; tries < TRIES && runs.some(({ killed }) => killed !== undefined); tries++)
    runs = await bench.runKilled(crashes);
  return runs;
}
