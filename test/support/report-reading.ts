import { gunzipSync } from 'node:zlib';
import { readParts } from '../../lambdas/ledger/parts.ts';
import { claimWindow, type WindowLedger } from '../../lambdas/ledger/windows.ts';
import { type DatasetId, DatasetId as DatasetIds } from '../../lambdas/model/ids.ts';
import type { ClaimedWindow, WindowTask } from '../../lambdas/model/payloads.ts';
import type { Table } from '../../lambdas/model/ports.ts';
import type { ReportQuestion } from '../../lambdas/model/report-payloads.ts';
import { type ReadingOutcome, readReport } from '../../lambdas/reports/read-report.ts';
import type { FakeReporting } from './fake-reporting.ts';
import { type MemoryObjectStore, memoryObjectStore } from './memory-object-store.ts';
import { everybodyHasEnded, MAY_15, runCalled, windowLedger } from './window-ledger.ts';

/** The dataset of the report that is read. */
export const AGENTS: DatasetId = DatasetIds.parse('agents');

const QUESTION: ReportQuestion = { reportId: 'agent-performance', parameters: {}, intervalMinutes: 60 };

/** A window of a report, its stores, and the server that is asked. */
export interface ReadingUnderTest {
  ledger: WindowLedger;
  clock: ReturnType<typeof windowLedger>['clock'];
  objects: MemoryObjectStore;
  server: FakeReporting;
  /** Claims the window, as a child of the run does first. */
  claim(run?: string, task?: WindowTask): Promise<ClaimedWindow>;
  /** One invocation. */
  invoke(claim: ClaimedWindow, options?: InvocationOptions): Promise<ReadingOutcome>;
  /** Invocations until the report is read, with the waits between them. Gives how long they were, in milliseconds. */
  readToEnd(
    claim: ClaimedWindow,
    options?: InvocationOptions,
  ): Promise<Extract<ReadingOutcome, { outcome: 'read' }>>;
  /** The records of an attempt's parts, in order. */
  stored(claim: ClaimedWindow, attempt: number): Promise<string[]>;
}

/** How an invocation is made. */
export interface InvocationOptions {
  task?: WindowTask;
  question?: Partial<ReportQuestion>;
  /** Pages that an invocation has time for. Default: any number. */
  pages?: number;
}

/** Prepares a window of 15 May on a table. */
export function readingUnderTest(table: Table, server: FakeReporting): ReadingUnderTest {
  const { ledger, clock } = windowLedger(table);
  const objects = memoryObjectStore();
  const invoke: ReadingUnderTest['invoke'] = (claim, { task = 'export', question, pages } = {}) => {
    const until = server.requests.length + (pages ?? Number.POSITIVE_INFINITY);
    const mayGoOn = () => server.requests.length < until;
    return readReport({ ledger, objects, reporting: server, mayGoOn }, claim, task, {
      ...QUESTION,
      ...question,
    });
  };
  return {
    ledger,
    clock,
    objects,
    server,
    async claim(run = 'night', task = 'export') {
      const request = { run: runCalled(run), dataset: AGENTS, day: MAY_15, task };
      const claimed = await claimWindow(ledger, request, everybodyHasEnded);
      if (claimed.outcome !== 'claimed') throw new Error(`The claim ended as ${claimed.outcome}.`);
      return { run: request.run, epoch: claimed.epoch, dataset: AGENTS, day: MAY_15 };
    },
    invoke,
    async readToEnd(claim, options) {
      for (;;) {
        const outcome = await invoke(claim, options);
        if (outcome.outcome === 'read') return outcome;
        if (outcome.outcome === 'resting') clock.set(outcome.resumeAt);
      }
    },
    async stored(claim, attempt) {
      const parts = await readParts(ledger, claim, attempt);
      return parts.flatMap(({ key }) => {
        const lines = gunzipSync(objects.objects.get(key) ?? Buffer.alloc(0))
          .toString('utf8')
          .split('\n');
        return lines.filter((line) => line !== '');
      });
    },
  };
}
