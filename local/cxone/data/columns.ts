import type { Call } from './calls.ts';
import {
  agentNames,
  agentNumbers,
  directions,
  dispositions,
  jsonText,
  numberBeginnings,
  type Pool,
  queueNames,
  skills,
  wildDispositions,
} from './pools.ts';

/** What a value of a column is; only typed columns can hold a value that does not fit. */
export type ColumnKind = 'text' | 'timestamp' | 'number' | 'boolean';

/** One column: how a call's value reads, and how it is written in each format. */
export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly text: (call: Call) => string;
  readonly csv: (call: Call) => string;
  readonly json: (call: Call) => string;
}

/** The unit in which a part writes `Duration`; minutes stand for a unit that nobody has declared. */
export type DurationUnit = 'seconds' | 'milliseconds' | 'minutes';

/** The ten columns of an ordinary request, in its order. */
export const usualColumns: readonly string[] = [
  'CallId',
  'StartTime',
  'EndTime',
  'Duration',
  'AgentName',
  'QueueName',
  'Disposition',
  'CallDirection',
  'CustomerNumber',
  'AgentNumber',
];
/** Columns that a request may name as well, besides `CustomAttribute1` to `CustomAttribute200`. */
export const furtherColumns: readonly string[] = ['Skill', 'HoldTime', 'Transferred'];

const secondTexts: string[] = [];
const millisecondTexts = Array.from({ length: 1000 }, (_, value) => `.${String(1000 + value).slice(1)}Z`);

/** The columns of a day, by name: known ones, custom attributes, and `AddedColumn1…` which no request names. */
export function columnsOfDay(day: string): (name: string, wild?: boolean, unit?: DurationUnit) => Column {
  const dates = [dateAt(day, -1), dateAt(day, 0), dateAt(day, 1), dateAt(day, 2)];
  const callPrefix = `0${day.slice(2).replaceAll('-', '')}`;
  const instant = (milliseconds: number) => {
    const shifted = milliseconds + 86_400_000;
    const second = Math.floor(shifted / 1000);
    const place = Math.floor(second / 86_400);
    return `${dates[place] ?? ''}${timeOfDay(second - place * 86_400)}${millisecondTexts[shifted - second * 1000] ?? ''}`;
  };
  return (name, wild = false, unit = 'seconds') => {
    switch (name) {
      case 'CallId':
        return plain(name, 'text', (call) => callPrefix + String(100_000_000 + call.index).slice(1));
      case 'StartTime':
        return plain(name, 'timestamp', (call) => instant(call.start));
      case 'EndTime':
        return plain(name, 'timestamp', (call) => instant(call.start + call.duration * 1000));
      case 'Duration':
        return duration(unit);
      case 'AgentName':
        return pooled(name, agentNames, (call) => call.agent);
      case 'QueueName':
        return pooled(name, queueNames, (call) => call.queue);
      case 'Disposition':
        return pooled(name, wild ? wildDispositions : dispositions, (call) => call.disposition);
      case 'CallDirection':
        return pooled(name, directions, (call) => call.direction);
      case 'CustomerNumber':
        return plain(name, 'text', customerNumber);
      case 'AgentNumber':
        return pooled(name, agentNumbers, (call) => call.agent);
      case 'Skill':
        return pooled(name, skills, (call) => call.queue);
      case 'HoldTime':
        return plain(name, 'number', (call) => String(call.hold));
      case 'Transferred':
        return plain(name, 'boolean', (call) => (call.disposition === 4 ? 'true' : 'false'));
      default:
        return plain(name, 'text', attributeOf(name));
    }
  };
}

/** Whether a request may name the column. */
export function isKnownColumn(name: string): boolean {
  return (
    usualColumns.includes(name) ||
    furtherColumns.includes(name) ||
    /^CustomAttribute([1-9]\d?|1\d\d|200)$/.test(name)
  );
}

/** The names of so many columns that nobody asked for. */
export function addedColumnNames(count: number): string[] {
  return Array.from({ length: count }, (_, position) => `AddedColumn${position + 1}`);
}

/** A value that cannot be of the kind. */
export function misfit(kind: ColumnKind): string {
  return kind === 'timestamp' ? 'not-a-date' : 'abc';
}

function plain(name: string, kind: ColumnKind, text: (call: Call) => string): Column {
  const bare = kind === 'number' || kind === 'boolean';
  return { name, kind, text, csv: text, json: bare ? text : (call) => jsonText(text(call)) };
}

function pooled(name: string, pool: Pool, position: (call: Call) => number): Column {
  return {
    name,
    kind: 'text',
    text: (call) => pool.text[position(call)] ?? '',
    csv: (call) => pool.csv[position(call)] ?? '',
    json: (call) => pool.json[position(call)] ?? 'null',
  };
}

function duration(unit: DurationUnit): Column {
  const seconds = (call: Call) => String(call.duration);
  switch (unit) {
    case 'seconds':
      return plain('Duration', 'number', seconds);
    case 'milliseconds':
      return { ...plain('Duration', 'number', (call) => `${call.duration}000.0`), text: seconds };
    case 'minutes':
      return { ...plain('Duration', 'number', (call) => (call.duration / 60).toFixed(3)), text: seconds };
  }
}

function customerNumber(call: Call): string {
  return (numberBeginnings[call.beginning] ?? '') + String(1000 + call.digits).slice(1);
}

function attributeOf(name: string): (call: Call) => string {
  const place = Number(name.replaceAll(/\D/g, ''));
  const values = Array.from({ length: 8 }, (_, value) => (value === 0 ? '' : `${name}-${value}`));
  return (call) => values[(call.bits >>> (place % 16)) & 7] ?? '';
}

function timeOfDay(second: number): string {
  const known = secondTexts[second];
  if (known !== undefined) return known;
  const text = new Date(second * 1000).toISOString().slice(11, 19);
  secondTexts[second] = text;
  return text;
}

function dateAt(day: string, offset: number): string {
  return `${new Date(Date.parse(`${day}T00:00:00.000Z`) + offset * 86_400_000).toISOString().slice(0, 10)}T`;
}
