import { localText } from './local-time.ts';
import { drawNumber, seedOf } from './random.ts';

/** Milliseconds of the finest interval that reports have. */
export const hourMilliseconds = 3_600_000;

/** What the rows of a report hold and how they are written. */
export interface ReportData {
  /** Skills that have a row in each interval. */
  readonly rowsPerInterval: number;
  /** The UTC hour of the day from which on nobody calls; 24 for a contact center that never closes. */
  readonly closedFrom: number;
  /** No rows at all. */
  readonly empty: boolean;
  /** Metrics that no document names. */
  readonly addedMetrics: number;
  /** What `metric.calls.answered` is called. */
  readonly answeredAs: string;
  /** Comments of which there is none come as `null`, `""`, `"N/A"` and as absent keys. */
  readonly comments: 'all' | 'some' | 'none';
  /** Raised by one, CXone has corrected one row of each day, and found a late one. */
  readonly revision: number;
  /** Timestamps are those of this IANA zone, without an offset, whatever was asked for; undefined for UTC. */
  readonly zone: string | undefined;
}

/** Rows of a contact center with five skills that never closes. */
export const usualReportData: ReportData = {
  rowsPerInterval: 5,
  closedFrom: 24,
  empty: false,
  addedMetrics: 0,
  answeredAs: 'answered',
  comments: 'all',
  revision: 0,
  zone: undefined,
};

/** Which rows are asked for. Instants are epoch milliseconds; `to` is exclusive. */
export interface ReportQuery {
  readonly seed: string;
  readonly reportId: string;
  readonly from: number;
  readonly to: number;
  readonly interval: 'hourly' | 'daily';
  /** As the request names it. */
  readonly timezone: string;
}

/** A row of a report as the API gives it. */
export type ReportRecord = Readonly<Record<string, unknown>>;

/** All rows of a query, by interval and skill: each is the same in every query that it belongs to. */
export function reportRecords(query: ReportQuery, data: ReportData): ReportRecord[] {
  if (data.empty) return [];
  return intervalsOf(query).flatMap((interval) => rowsOf(query, data, interval));
}

interface Interval {
  start: number;
  /** The hours that are summed up in its rows. */
  hours: readonly number[];
}

/** A daily report sums up those hours of a day that lie in the query: a part of a day has other rows than the day. */
function intervalsOf({ from, to, interval }: ReportQuery): Interval[] {
  const first = Math.ceil(from / hourMilliseconds);
  const hours = Array.from(
    { length: Math.max(0, Math.ceil(to / hourMilliseconds) - first) },
    (_, index) => (first + index) * hourMilliseconds,
  );
  if (interval === 'hourly') return hours.map((hour) => ({ start: hour, hours: [hour] }));
  const days = Map.groupBy(hours, (hour) => hour - (hour % (24 * hourMilliseconds)));
  return [...days].map(([start, ofDay]) => ({ start, hours: ofDay }));
}

function rowsOf(query: ReportQuery, data: ReportData, { start, hours }: Interval): ReportRecord[] {
  const open = hours.filter((hour) => (hour / hourMilliseconds) % 24 < data.closedFrom);
  if (open.length === 0) return [];
  const rows = Array.from({ length: data.rowsPerInterval }, (_, skill) =>
    recordOf(query, data, start, open, skill),
  );
  const midday = open.some((hour) => (hour / hourMilliseconds) % 24 === 12);
  if (data.revision > 0 && midday) rows.push(recordOf(query, data, start, open, data.rowsPerInterval));
  return rows;
}

function recordOf(
  query: ReportQuery,
  data: ReportData,
  start: number,
  hours: readonly number[],
  skill: number,
): ReportRecord {
  const seed = seedOf(query.seed, 'report', query.reportId);
  const sums = { offered: 0, answered: 0, wait: 0, talk: 0 };
  for (const hour of hours) {
    const draw = drawNumber(seed ^ drawNumber(skill, 7), hour / hourMilliseconds);
    const corrected = skill === 0 && (hour / hourMilliseconds) % 24 === 12 ? data.revision : 0;
    sums.offered += 10 + (draw % 90) + corrected;
    sums.answered += 10 + (draw % 80);
    sums.wait += (draw >>> 8) % 120_000;
    sums.talk += (draw >>> 12) % 900_000;
  }
  const step = query.interval === 'daily' ? 24 * hourMilliseconds : hourMilliseconds;
  const written = (instant: number) => writtenInstant(instant, query, data);
  const answered = { [data.answeredAs]: sums.answered };
  const added = Array.from({ length: data.addedMetrics }, (_, index) => [
    `added${index + 1}`,
    { count: (skill + index) % 7 },
  ]);
  return {
    interval: { startTime: written(start), endTime: written(start + step) },
    metric: {
      calls: { offered: sums.offered, ...answered, abandoned: Math.max(0, sums.offered - sums.answered) },
      waitTime: { average: sums.wait / 1000 / Math.max(1, sums.offered) },
      talkTime: { total: sums.talk / 1000 },
      ...Object.fromEntries(added),
    },
    skill: { id: `S-${String(skill + 1).padStart(3, '0')}`, name: `Skill ${skill + 1}, "first line"` },
    tags: skill % 2 === 0 ? ['voice', `tier-${(skill % 3) + 1}`] : [],
    ...comment(data, start / hourMilliseconds + skill),
  };
}

function comment({ comments }: ReportData, number: number): Record<string, unknown> {
  if (comments === 'all') return { comment: `Remark ${number % 11}` };
  const spellings = [{ comment: null }, { comment: '' }, { comment: 'N/A' }, {}];
  const known = comments === 'some' ? [...spellings, { comment: 'as usual' }] : spellings;
  return known[number % known.length] ?? {};
}

function writtenInstant(instant: number, { timezone }: ReportQuery, { zone }: ReportData): string {
  const local = zone ?? (timezone === 'UTC' ? undefined : timezone);
  return local === undefined ? new Date(instant).toISOString() : localText(instant, local);
}
