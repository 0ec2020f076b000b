import { expect } from 'vitest';
import type { RunRecord } from '../../lambdas/model/run-record.ts';
import type { LoggedCall } from '../../local/cxone/index.ts';
import type { Ended, StoredNight } from './night.ts';
import {
  currentOf,
  generationsOf,
  marksOf,
  partitionOf,
  type ReadRow,
  recordOf,
  rowsOf,
  windowOf,
} from './night-findings.ts';

const MINUTE_MILLISECONDS = 60_000;

/** What CXone holds of a day: taken before the scenario changes. */
export interface Truth {
  day: string;
  rows: ReadRow[];
  counts: Record<string, number>;
}

/** What a loader has to find of a day under the scenarios of now. */
export async function truthOf(
  night: StoredNight,
  day: string,
  format: 'csv' | 'json' = 'csv',
): Promise<Truth> {
  const { rows, distinct, duplicates, superseded, rejects, outside, columns } =
    await night.simulator.expectedDay(day, { format });
  const found: ReadRow[] = [];
  for await (const row of night.simulator.expectedRows(day, { format }))
    found.push(Object.fromEntries(columns.map((column) => [column, row[column] ?? ''])));
  return {
    day,
    rows: found.toSorted((left, right) => ((left.CallId ?? '') < (right.CallId ?? '') ? -1 : 1)),
    counts: { parsed: rows, rowsOut: distinct, duplicates, superseded, rejects, outsideWindow: outside },
  };
}

/** The day is committed once, everywhere alike, holds exactly CXone's rows, and nobody is still at work on it. */
export async function expectCommitted(night: StoredNight, truth: Truth, attempts = 1): Promise<void> {
  await expectShown(night, truth, attempts);
  const { registrants } = await windowOf(night, truth.day);
  expect([...registrants], 'no committer is left').toEqual([]);
  expectOneJobAnAttempt(night, truth.day, attempts);
  expectOneAnswerAJob(night, truth.day);
}

/** The day is committed once, everywhere alike, and holds exactly CXone's rows. */
export async function expectShown(night: StoredNight, truth: Truth, attempts = 1): Promise<void> {
  const { day } = truth;
  const window = await windowOf(night, day);
  const generation = window.generation;
  expect(generation, `${day} is committed`).toBeDefined();
  if (generation === undefined) return;
  const partition = await partitionOf(night, day);
  const current = await currentOf(night, day);
  expect(window.facts?.rows).toEqual(truth.counts);
  expect(window.attempt).toBe(attempts);
  expect(window).toMatchObject({ catalogGeneration: generation, currentGeneration: generation });
  expect(partition.location).toBe(partition.expected(generation));
  expect(current?.generation).toBe(generation);
  expect(await generationsOf(night, day)).toContain(generation);
  expect(await rowsOf(night, day)).toEqual(truth.rows);
}

/** Nothing of the day is committed, and no reader sees anything of it. */
export async function expectUncommitted(night: StoredNight, day: string): Promise<void> {
  const window = await windowOf(night, day);
  expect(window.generation).toBeUndefined();
  expect((await partitionOf(night, day)).location).toBeUndefined();
  expect(await currentOf(night, day)).toBeUndefined();
}

/** Every day up to that one is there, and the mark says so. */
export async function expectLoadedThrough(night: StoredNight, day: string): Promise<void> {
  const marks = await marksOf(night);
  const end = new Date(Date.parse(`${day}T00:00:00.000Z`) + 24 * 60 * MINUTE_MILLISECONDS).toISOString();
  expect(marks.loadedThrough).toBe(end);
}

/** The record says what the run did, and that of its windows. */
export async function expectRecorded(
  night: StoredNight,
  ended: Ended,
  days: readonly string[],
): Promise<RunRecord> {
  const record = await recordOf(night, ended.run);
  expect(record).toMatchObject({ run: ended.run, outcome: ended.status });
  expect(record.error?.name).toBe(ended.error);
  expect(record.windows.map(({ day }) => day)).toEqual(days);
  return record;
}

/** However often a job was asked for, CXone has one for each attempt, under one key. */
export function expectOneJobAnAttempt(night: StoredNight, day: string, attempts: number): void {
  const jobs = night.simulator.jobs.filter((job) => job.day === day);
  const posts = night.calls().filter((call) => call.kind === 'submit' && call.day === day);
  const keys = new Set(posts.map(({ idempotencyKey }) => idempotencyKey));
  expect(jobs, 'one job an attempt').toHaveLength(attempts);
  expect(keys.size, 'one idempotency key an attempt').toBe(attempts);
}

function expectOneAnswerAJob(night: StoredNight, day: string): void {
  const posts = night.calls().filter((call) => call.kind === 'submit' && call.day === day);
  for (const key of new Set(posts.map(({ idempotencyKey }) => idempotencyKey))) {
    const answered = posts.filter(
      ({ idempotencyKey, status, fault }) =>
        idempotencyKey === key && fault === undefined && (status ?? 599) < 300,
    );
    expect(answered, 'one POST an attempt that was answered').toHaveLength(1);
    expect(key).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
}

/** CXone was treated as its documentation asks: its own watch saw nothing, polls keep their distance, the rate is held. */
export function expectGoodManners(night: StoredNight): void {
  const calls = night.calls();
  expect(night.violations()).toEqual([]);
  expect(
    calls.filter(({ host, bearer }) => host === 'foreign' && bearer !== undefined),
    'no token to a foreign host',
  ).toEqual([]);
  expect(shortestPollDistance(calls), 'milliseconds between polls').toBeGreaterThanOrEqual(15_000);
  expect(mostCallsInAMinute(calls)).toBeLessThanOrEqual(60);
}

/** The shortest time between two polls of one job; the one repeat after a 401 apart. */
export function shortestPollDistance(calls: readonly LoggedCall[]): number {
  const last = new Map<string, LoggedCall>();
  let shortest = Number.POSITIVE_INFINITY;
  for (const call of calls.filter(({ kind }) => kind === 'status')) {
    const before = last.get(call.path);
    if (before !== undefined && before.status !== 401)
      shortest = Math.min(shortest, Date.parse(call.at) - Date.parse(before.at));
    last.set(call.path, call);
  }
  return shortest;
}

/** The most calls with a token that any minute saw. */
export function mostCallsInAMinute(calls: readonly LoggedCall[]): number {
  const instants = calls
    .filter(({ kind }) => kind !== 'token')
    .map(({ at }) => Date.parse(at))
    .toSorted((left, right) => left - right);
  const within = (from: number) =>
    instants.filter((at) => at >= from && at < from + MINUTE_MILLISECONDS).length;
  return Math.max(0, ...instants.map(within));
}
