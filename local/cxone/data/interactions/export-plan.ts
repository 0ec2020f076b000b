import { seedOf } from '../random.ts';
import { passes } from './filters.ts';
import { drawInteraction, type Interaction, type InteractionKind } from './record.ts';
import type { AnalyticsSettings, InteractionExport } from './settings.ts';

const dayMilliseconds = 86_400_000;

/** Where the lines of one day are among those of an export. */
interface DayLines {
  readonly day: string;
  readonly dayStart: number;
  readonly seed: number;
  readonly settings: AnalyticsSettings;
  /** Records that start before the range: at the beginning of its first day alone. */
  readonly early: number;
  /** Lines of the export before this day's. */
  readonly before: number;
  readonly lines: number;
}

/** The records of an export by their place, each made when it is asked for. */
export interface ExportPlan {
  readonly export: InteractionExport;
  /** Records of the export. */
  readonly total: number;
  /** The record at a place, from 0. */
  readonly record: (place: number) => Interaction;
}

/** Plans an export. Filters are settled here, once: what is left of the lines is kept as numbers. */
export function planExport(wanted: InteractionExport): ExportPlan {
  const days = dayLines(wanted);
  const lines = days.reduce((sum, day) => sum + day.lines, 0);
  const shuffled = days.some(({ settings }) => settings.shuffled);
  const step = shuffled ? strideFor(lines) : 1;
  const line = (place: number) => (place * step) % Math.max(1, lines);
  const lineRecord = (at: number) => recordOf(dayAt(days, at), at);
  const { filters } = wanted;
  if (filters === undefined)
    return { export: wanted, total: lines, record: (place) => lineRecord(line(place)) };
  const kept = Uint32Array.from({ length: lines }, (_, place) => line(place)).filter((at) =>
    passes(lineRecord(at), filters),
  );
  return { export: wanted, total: kept.length, record: (place) => lineRecord(kept[place] ?? 0) };
}

function dayLines(wanted: InteractionExport): DayLines[] {
  let before = 0;
  return Array.from({ length: wanted.days }, (_, index) => {
    const dayStart = Date.parse(`${wanted.from}T00:00:00.000Z`) + index * dayMilliseconds;
    const day = new Date(dayStart).toISOString().slice(0, 10);
    const settings = wanted.settings(day);
    const early = index === 0 ? settings.early : 0;
    const { interactions, repeated, outdated } = settings;
    const lines = early + (interactions === 0 ? 0 : interactions + repeated + outdated);
    const seed = seedOf(wanted.seed, 'interactions', day);
    const found = { day, dayStart, seed, settings, early, before, lines };
    before += lines;
    return found;
  });
}

function dayAt(days: readonly DayLines[], line: number): DayLines {
  let low = 0;
  let high = days.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((days[middle]?.before ?? 0) <= line) low = middle;
    else high = middle - 1;
  }
  const found = days[low];
  if (found === undefined) throw new Error('an export has at least one day');
  return found;
}

/** Lines of a day: early ones, outdated ones, those in order, repeated ones. */
function recordOf(of: DayLines, line: number): Interaction {
  const { interactions, outdated, lacking, newFields } = of.settings;
  const place = line - of.before - of.early;
  const kind: InteractionKind =
    place < 0
      ? 'early'
      : place < outdated
        ? 'outdated'
        : place < outdated + interactions
          ? 'plain'
          : 'repeated';
  const index = place < 0 ? place + of.early : indexOf(kind, place, of.settings);
  return drawInteraction(of.seed, index, {
    day: of.day,
    dayStart: of.dayStart,
    share: (index + 0.5) / Math.max(1, interactions),
    kind,
    lacking: kind !== 'early' && index < lacking,
    newFields,
  });
}

function indexOf(
  kind: InteractionKind,
  place: number,
  { interactions, outdated }: AnalyticsSettings,
): number {
  const index =
    kind === 'plain' ? place - outdated : kind === 'repeated' ? place - outdated - interactions : place;
  return index % Math.max(1, interactions);
}

/** A stride that visits every line once: about the golden section of their number, and without a common divisor. */
function strideFor(lines: number): number {
  let stride = Math.max(1, Math.floor(lines * 0.618));
  while (divisor(stride, lines) > 1) stride += 1;
  return stride;
}

function divisor(left: number, right: number): number {
  return right === 0 ? left : divisor(right, left % right);
}
