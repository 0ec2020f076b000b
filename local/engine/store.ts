import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ExecutionStatus, type LogRecord, STATUS_EVENTS, transitionsIn } from './history.ts';
import type { Json } from './json.ts';
import { appendLines, cutTornLine, readLines } from './lines.ts';
import { machineName, parseArn } from './names.ts';

/** What is known of an execution without reading its log. Instants are epoch milliseconds. */
export interface Summary {
  executionArn: string;
  stateMachineArn: string;
  name: string;
  status: ExecutionStatus;
  startDate: number;
  stopDate?: number;
  redriveCount: number;
  redriveDate?: number;
  error?: string;
  cause?: string;
  /** Digest of the definition that it runs. */
  definition: string;
  /** The Map Run that it is a child of. */
  mapRunArn?: string;
  /** Events in its history. Of a RUNNING execution: at its last change of status. */
  events: number;
  /** State transitions so far, as `events`. */
  stateTransitions: number;
}

/** A Map Run. Instants are epoch milliseconds. */
export interface MapRun {
  mapRunArn: string;
  executionArn: string;
  stateMachineArn: string;
  label: string;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
  startDate: number;
  stopDate?: number;
  maxConcurrency: number;
  /** Undefined where the definition does not give it. */
  toleratedFailureCount?: number;
  toleratedFailurePercentage?: number;
  redriveCount: number;
  redriveDate?: number;
}

/** A child that a Map Run has, or will have. */
export interface MapRunChild {
  name: string;
  input: Json;
  /** Items that it processes: more than one with an ItemBatcher. */
  items: number;
}

type IndexLine =
  | { kind: 'execution'; summary: Summary }
  | { kind: 'mapRun'; mapRun: MapRun }
  | { kind: 'reported'; executionArn: string; status: ExecutionStatus; redriveCount: number };

/** The engine's files under one folder: an index, a log an execution, a list a Map Run, definitions by digest. */
export interface Store {
  /** Every execution, oldest first. */
  executions(): IterableIterator<Summary>;
  execution(executionArn: string): Summary | undefined;
  saveExecution(summary: Summary): void;
  mapRuns(): IterableIterator<MapRun>;
  mapRun(mapRunArn: string): MapRun | undefined;
  saveMapRun(mapRun: MapRun): void;
  /** Records that the listener has heard of the execution's present status. */
  saveReported(summary: Summary): void;
  /** Executions whose present status the listener has not heard of. */
  unreported(): Summary[];
  append(executionArn: string, record: LogRecord): void;
  /** The log, without a last line that is cut short. Throws `StoreDamaged`. */
  log(executionArn: string): LogRecord[];
  /** Keeps the children of a Map Run before the first one starts. Whole or not at all. */
  saveChildren(mapRunArn: string, children: readonly MapRunChild[]): void;
  /** The children of a Map Run, undefined where they have not been settled yet. */
  children(mapRunArn: string): MapRunChild[] | undefined;
  /** Keeps a definition and gives its digest. */
  saveDefinition(definition: string): string;
  definition(digest: string): string;
}

/**
 * Opens the store, makes torn files whole and drops executions whose start was never acknowledged.
 *
 * @param readOnly changes nothing on disk: for a look at a folder that another process may be using. Default false.
 */
export function openStore(folder: string, readOnly = false): Store {
  const indexPath = join(folder, 'index.jsonl');
  const executions = new Map<string, Summary>();
  const mapRuns = new Map<string, MapRun>();
  const reported = new Map<string, string>();
  if (!readOnly) cutTornLine(indexPath);
  for (const line of readLines<IndexLine>(indexPath)) remember(line);
  for (const summary of [...executions.values()]) {
    if (summary.status === 'RUNNING') settle(summary);
  }

  function remember(line: IndexLine): void {
    if (line.kind === 'execution') executions.set(line.summary.executionArn, line.summary);
    else if (line.kind === 'mapRun') mapRuns.set(line.mapRun.mapRunArn, line.mapRun);
    else reported.set(line.executionArn, statusKey(line));
  }

  function write(line: IndexLine): void {
    appendLines(indexPath, [line]);
    remember(line);
  }

  /** The index line precedes the log's first line and follows its last: the log has the last word. */
  function settle(summary: Summary): void {
    const path = logPath(folder, summary.executionArn);
    if (!readOnly) cutTornLine(path);
    const records = readLines<LogRecord>(path);
    if (records.length === 0) {
      executions.delete(summary.executionArn);
      return;
    }
    const latest = summaryFrom(summary, records);
    executions.set(latest.executionArn, latest);
    if (latest.status !== 'RUNNING' && !readOnly) write({ kind: 'execution', summary: latest });
  }

  return {
    executions: () => executions.values(),
    execution: (arn) => executions.get(arn),
    saveExecution: (summary) => write({ kind: 'execution', summary }),
    mapRuns: () => mapRuns.values(),
    mapRun: (arn) => mapRuns.get(arn),
    saveMapRun: (mapRun) => write({ kind: 'mapRun', mapRun }),
    saveReported: ({ executionArn, status, redriveCount }) =>
      write({ kind: 'reported', executionArn, status, redriveCount }),
    unreported: () =>
      [...executions.values()].filter((one) => reported.get(one.executionArn) !== statusKey(one)),
    append: (arn, record) => appendLines(logPath(folder, arn), [record]),
    log: (arn) => readLines<LogRecord>(logPath(folder, arn)),
    saveChildren: (arn, children) => replaceLines(childrenPath(folder, arn), children),
    children(arn) {
      const path = childrenPath(folder, arn);
      return existsSync(path) ? readLines<MapRunChild>(path) : undefined;
    },
    saveDefinition(definition) {
      const digest = createHash('sha256').update(definition).digest('hex');
      const path = definitionPath(folder, digest);
      if (!existsSync(path)) replaceText(path, definition);
      return digest;
    },
    definition: (digest) => readFileSync(definitionPath(folder, digest), 'utf8'),
  };
}

function statusKey(of: { status: ExecutionStatus; redriveCount: number }): string {
  return `${of.redriveCount} ${of.status}`;
}

/** A summary brought up to what the log says. */
export function summaryFrom(summary: Summary, records: readonly LogRecord[]): Summary {
  const latest: Summary = { ...summary, events: records.length, stateTransitions: 0 };
  for (const record of records) {
    latest.stateTransitions += transitionsIn(record);
    const { type, timestamp } = record.event;
    const status = STATUS_EVENTS[type];
    if (status === undefined) continue;
    latest.status = status;
    for (const key of ['stopDate', 'error', 'cause'] as const) delete latest[key];
    if (status !== 'RUNNING') latest.stopDate = Date.parse(timestamp);
    if (type === 'ExecutionRedriven') {
      latest.redriveCount =
        record.event.executionRedrivenEventDetails?.redriveCount ?? latest.redriveCount + 1;
      latest.redriveDate = Date.parse(timestamp);
    }
    const details = record.event.executionFailedEventDetails ?? record.event.executionAbortedEventDetails;
    if (details?.error !== undefined) latest.error = details.error;
    if (details?.cause !== undefined) latest.cause = details.cause;
  }
  return latest;
}

function pathOf(folder: string, kind: string, arn: string): string {
  const parsed = parseArn(arn);
  if (parsed?.name === undefined) throw new TypeError(`not an ARN of an execution or a Map Run: ${arn}`);
  return join(folder, kind, machineName(parsed.machine, parsed.label), `${parsed.name}.jsonl`);
}

function logPath(folder: string, executionArn: string): string {
  return pathOf(folder, 'executions', executionArn);
}

function childrenPath(folder: string, mapRunArn: string): string {
  return pathOf(folder, 'map-runs', mapRunArn);
}

function definitionPath(folder: string, digest: string): string {
  return join(folder, 'definitions', `${digest}.json`);
}

function replaceLines(path: string, values: readonly unknown[]): void {
  replaceText(path, values.map((value) => `${JSON.stringify(value)}\n`).join(''));
}

/** Writes a whole file so that it is there entirely or not at all. */
function replaceText(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  const draft = `${path}.${process.pid}.draft`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}
