import type { HistoryEventType, HistoryEvent as SdkEvent } from '@aws-sdk/client-sfn';
import type { Json } from './json.ts';

/** An event as GetExecutionHistory gives it, with an ISO 8601 timestamp. */
export type HistoryEvent = Omit<SdkEvent, 'timestamp' | 'type' | 'id' | 'previousEventId'> & {
  timestamp: string;
  type: HistoryEventType;
  id: number;
  previousEventId: number;
};

/** The details of an event, under AWS's field names. */
export type EventDetails = Omit<HistoryEvent, 'timestamp' | 'type' | 'id' | 'previousEventId'>;

/** What the log keeps beside an event, for redrives; never part of the history that is shown. */
export interface Note {
  /** With ExecutionStarted: which definition runs. */
  definition?: string;
  /** With a state's exit: the state that follows, null where the scope ends. */
  next?: string | null;
  /** With MapStateStarted of an inline Map: what it maps over. */
  items?: Json[];
  /** With the first event of another attempt of a state. */
  retry?: number;
}

/** One line of an execution's log. */
export interface LogRecord {
  /** Empty for the execution's own states; `/<id of MapStateStarted>:<index>` for an iteration, repeated when nested. */
  scope: string;
  event: HistoryEvent;
  note?: Note;
}

/** How an execution stands. */
export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

/** The events that end an execution, or begin it again, and the status that they lead to. */
export const STATUS_EVENTS: Readonly<Partial<Record<HistoryEventType, ExecutionStatus>>> = {
  ExecutionStarted: 'RUNNING',
  ExecutionRedriven: 'RUNNING',
  ExecutionSucceeded: 'SUCCEEDED',
  ExecutionFailed: 'FAILED',
  ExecutionTimedOut: 'TIMED_OUT',
  ExecutionAborted: 'ABORTED',
};

/**
 * State transitions that a record stands for: one for each state entered, each further attempt of a state and each
 * redrive (as AWS counts them for Standard workflows).
 */
export function transitionsIn(record: LogRecord): number {
  const { type } = record.event;
  if (type.endsWith('StateEntered') || type === 'ExecutionRedriven') return 1;
  return record.note?.retry === undefined ? 0 : 1;
}

/** The key of an iteration's scope. */
export function iterationScope(scope: string, mapStartedId: number, index: number): string {
  return `${scope}/${mapStartedId}:${index}`;
}
