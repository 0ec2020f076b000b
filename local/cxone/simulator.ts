import type { LoggedCall, Violation } from './call-log.ts';
import { type ExpectedDay, type ExpectedRow, expectDay } from './data/expectation.ts';
import { type ExpectedInteractions, expectInteractions } from './data/interactions/expectation.ts';
import type { ReportRecord } from './data/report-records.ts';
import { type AnalyticsJob, isAnalyticsJobGone, statusOfAnalyticsJob } from './families/analytics-jobs.ts';
import type { SimulatedAction } from './families/data-actions.ts';
import { type DownloadJob, endOf, isGone, statusOf } from './families/download-jobs.ts';
import type { SimulatedInteraction } from './families/interactions.ts';
import { type SettledOptions, type SimulatorOptions, settle } from './options.ts';
import { scenarios } from './scenarios/table.ts';
import { close, listen, originOf, type Service } from './server.ts';
import { type Asked, type AskedInteractions, type AskedReport, Simulation } from './simulation.ts';

/** A job as a test sees it. */
export interface SimulatedJob {
  readonly requestId: string;
  readonly idempotencyKey: string;
  readonly client: string;
  readonly day: string;
  readonly format: 'csv' | 'json';
  readonly columns: readonly string[];
  /** ISO 8601. */
  readonly createdAt: string;
  /** ISO 8601; when it ends or ended. */
  readonly endsAt: string;
  /** What a poll would be told now, EXPIRED for one that is gone. */
  readonly status: string;
  readonly polls: number;
}

/** An analytics export as a test sees it. */
export interface SimulatedExport {
  readonly id: string;
  readonly client: string;
  /** First day and length in days of its range. */
  readonly from: string;
  readonly days: number;
  readonly format: 'json' | 'csv' | 'xlsx';
  readonly columns: readonly string[];
  /** ISO 8601. */
  readonly createdAt: string;
  /** What a poll would be told now, `expired` for one that is gone. */
  readonly status: string;
  readonly records: number;
  readonly polls: number;
  /** Pages, or files, that were handed out. */
  readonly pages: number;
}

/** A running simulator. */
export interface Simulator {
  /** Origin of the API, without a slash at the end. */
  readonly url: string;
  /** The other origin, which serves downloads that need no token. */
  readonly downloadUrl: string;
  /** Every call, in the order of arrival. */
  readonly calls: readonly LoggedCall[];
  /** What clients did that they must not do. */
  readonly violations: readonly Violation[];
  /** Every job, in the order of creation. */
  readonly jobs: readonly SimulatedJob[];
  /** Every analytics export, in the order of creation. */
  readonly exports: readonly SimulatedExport[];
  /** Its time, epoch milliseconds. */
  now(): number;
  /**
   * Replaces the scenarios; what counts from a scenario's beginning counts anew, and existing jobs keep theirs.
   * @throws ScenarioRefused and changes nothing.
   */
  use(scenarios: readonly string[]): void;
  /** Begins anew, as it was started, at the same addresses: no calls, no jobs, no tokens, no changes made by clients. */
  reset(): void;
  /** Ends every access token, as an administrator does. */
  revokeTokens(): void;
  /** What a loader has to find in a day's export, to the row, before any fault. */
  expectedDay(day: string, asked?: Asked): Promise<ExpectedDay>;
  /** The rows left to load, by CallId. */
  expectedRows(day: string, asked?: Asked): AsyncIterable<ExpectedRow>;
  /** What a loader has to find of a day's interactions, where its export begins with that day. */
  expectedInteractions(day: string, asked?: AskedInteractions): ExpectedInteractions;
  /** An interaction as it is now; undefined where there is none of that id. */
  interaction(id: string): SimulatedInteraction | undefined;
  /** Closed interactions whose `updatedTime` lies in the range (ISO 8601, half-open) by the end of it, the latest first; deleted ones left out. */
  closedInteractions(from: string, to: string): SimulatedInteraction[];
  /** Moves an interaction's `updatedTime` to now, as somebody does who writes another custom field of it. */
  changeInteraction(id: string, field: string, value: string): void;
  /** Puts all closed interactions back as they closed, and forgets who called how often: for a run at an instant that has been. */
  forgetInteractions(): void;
  /** The rows that a day of a report has, before any fault: in the order and form in which they are given. */
  expectedReport(day: string, asked: AskedReport): readonly ReportRecord[];
  /** Every data action as it is now. */
  readonly actions: readonly SimulatedAction[];
  /** Ends it with all its connections. */
  stop(): Promise<void>;
}

/**
 * Starts a simulator of CXone's APIs on 127.0.0.1.
 * @throws ZodError for options that cannot be, ScenarioRefused for scenarios; nothing listens then.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const settled = settle(options);
  let simulation = new Simulation(settled);
  const { origins, stop } = await startListeners(() => simulation, settled);
  Object.assign(simulation.origins, origins);
  return {
    url: origins.api,
    downloadUrl: origins.foreign,
    get calls() {
      return simulation.calls;
    },
    get violations() {
      return simulation.watch.violations;
    },
    get jobs() {
      return simulation.download.jobs.map((job) => view(job, simulation.clock.now()));
    },
    get exports() {
      return simulation.analytics.jobs.map((job) => exportView(job, simulation.clock.now()));
    },
    now: () => simulation.clock.now(),
    get actions() {
      return simulation.actions.store.all().map((action) => ({ ...action }));
    },
    use: (texts) => simulation.use(texts),
    reset() {
      simulation = new Simulation(settled);
      Object.assign(simulation.origins, origins);
    },
    revokeTokens: () => simulation.access.revokeAll(),
    expectedDay: (day, asked = {}) => expectDay(simulation.exportOf(day, asked)),
    interaction: (id) => simulation.interactions.find(id, simulation.clock.now()),
    closedInteractions: (from, to) => {
      const range = { from: Date.parse(from), to: Date.parse(to) };
      return simulation.interactions.closed(range, Math.max(range.to, simulation.clock.now()));
    },
    forgetInteractions() {
      simulation.interactions.store.forget();
      simulation.watch.forgive(simulation.watch.limits);
    },
    changeInteraction: (id, field, value) =>
      simulation.interactions.change(id, field, value, simulation.clock.now()),
    async *expectedRows(day, asked = {}) {
      yield* (await expectDay(simulation.exportOf(day, asked))).distinctRows();
    },
    expectedInteractions: (day, asked = {}) => expectInteractions(simulation.interactionsOf(day, asked)),
    expectedReport: (day, asked) => simulation.reportOf(day, asked),
    stop,
  };
}

async function startListeners(
  current: () => Simulation,
  { seed, port, onCall, onExchange }: SettledOptions,
): Promise<{ origins: Simulation['origins']; stop: () => Promise<void> }> {
  const introduction = { simulator: 'cxone-export', takesClock: true, scenarios: [...scenarios.keys()] };
  const service = (host: 'api' | 'foreign'): Service => ({
    host,
    seed,
    onCall,
    onExchange,
    get clock() {
      return current().clock;
    },
    get calls() {
      return current().calls;
    },
    get routes() {
      const routes = current().families.flatMap((family) => family.routes);
      return routes.filter((route) => route.foreign === (host === 'foreign'));
    },
    introduction: () => (host === 'api' ? introduction : undefined),
    handle: (route, exchange, call) => current().handle(route, exchange, call),
  });
  const api = await listen(service('api'), port);
  const foreign = await listen(service('foreign'), 0);
  return {
    origins: { api: originOf(api), foreign: originOf(foreign) },
    async stop() {
      await Promise.all([close(api), close(foreign)]);
    },
  };
}

function exportView(job: AnalyticsJob, now: number): SimulatedExport {
  const { id, client, request, createdAt, polls, pages, plan } = job;
  const { from, days, format, columns } = request;
  const gone = isAnalyticsJobGone(job, now);
  const status = gone ? 'expired' : statusOfAnalyticsJob(job, now);
  return {
    id,
    client,
    from,
    days,
    format,
    columns,
    createdAt: isoText(createdAt),
    status,
    records: plan.total,
    polls,
    pages,
  };
}

function isoText(instant: number): string {
  return new Date(instant).toISOString();
}

function view(job: DownloadJob, now: number): SimulatedJob {
  const { requestId, idempotencyKey, client, request, createdAt, polls } = job;
  return {
    requestId,
    idempotencyKey,
    client,
    day: request.day,
    format: request.format,
    columns: request.columns,
    createdAt: new Date(createdAt).toISOString(),
    endsAt: new Date(endOf(job)).toISOString(),
    status: isGone(job, now) ? 'EXPIRED' : statusOf(job, now),
    polls,
  };
}
