import { blankCall, type Call, drawCall, moveToDayBefore } from './calls.ts';
import { columnsOfDay } from './columns.ts';
import { queues } from './pools.ts';
import { drawNumber, seedOf } from './random.ts';
import type { Export } from './settings.ts';

/** What a line is. */
export type LineKind = 'call' | 'duplicate' | 'superseded' | 'reject' | 'wrongWidth' | 'outside';

/** The lines that are no plain call, in the order of their codes in a plan. */
const specialKinds = ['duplicate', 'superseded', 'reject', 'wrongWidth', 'outside'] as const;

/**
 * Where the lines of a day are. Special lines are spread evenly: the k-th of S stands before call ⌊k·N/S⌋, so that any
 * part is found by arithmetic. One byte a special line is all that a plan keeps.
 */
export interface DayPlan {
  readonly export: Export;
  readonly seed: number;
  readonly calls: number;
  readonly specials: Uint8Array;
  readonly parts: readonly PartRange[];
}

/** A part's calls, from the first to before the last; special lines go with the call that they stand before. */
export interface PartRange {
  readonly number: number;
  readonly from: number;
  readonly to: number;
  readonly headerOnly: boolean;
  readonly last: boolean;
}

/**
 * Plans a day. Lines that a request's columns cannot show are left out: no rejects without a typed column, and no
 * superseded lines without `EndTime` or `Duration`, which is where they differ.
 */
export function planDay(wanted: Export): DayPlan {
  const { settings, columns } = wanted;
  const typed = typedColumns(wanted).length > 0;
  const versioned = columns.includes('EndTime') || columns.includes('Duration');
  const counts = [
    settings.duplicates,
    versioned ? settings.superseded : 0,
    typed ? settings.rejects : 0,
    wanted.format === 'csv' || typed ? settings.wrongWidth : 0,
    settings.outside,
  ];
  const seed = seedOf(wanted.seed, wanted.day);
  return {
    export: wanted,
    seed,
    calls: settings.rows,
    specials: shuffled(counts, seed),
    parts: partRanges(wanted),
  };
}

/** The columns asked for whose values have a type other than text, by name. */
export function typedColumns(wanted: Export): string[] {
  const column = columnsOfDay(wanted.day);
  return wanted.columns.filter((name) => ['timestamp', 'number'].includes(column(name).kind));
}

/** Walks the lines of one part, in order, drawing each into one call object. */
export class LineWalk {
  kind: LineKind = 'call';
  /** The special line's number; it tells versions and misfits of one kind apart. */
  special = 0;
  readonly call: Call = blankCall();
  readonly #plan: DayPlan;
  readonly #to: number;
  readonly #lastSpecial: number;
  readonly #alike: boolean;
  readonly #passes: (queue: number) => boolean;
  #nextCall: number;
  #nextSpecial: number;

  constructor(plan: DayPlan, part: PartRange) {
    const specials = plan.specials.length;
    const { layout, filters } = plan.export;
    this.#plan = plan;
    this.#to = part.to;
    this.#nextCall = part.from;
    this.#nextSpecial = plan.calls === 0 ? 0 : Math.ceil((part.from * specials) / plan.calls);
    this.#lastSpecial = part.last ? specials : Math.ceil((part.to * specials) / Math.max(1, plan.calls));
    if (part.headerOnly) this.#lastSpecial = this.#nextSpecial;
    this.#alike = layout.missingColumn === undefined;
    const kept = queues.map(
      (queue) =>
        (filters.skillGroups?.includes(queue.skillGroup) ?? true) &&
        (filters.segments?.includes(queue.segment) ?? true),
    );
    this.#passes = (queue) => kept[queue] ?? true;
  }

  /** Goes to the next line that passes the filters; false after the last. */
  next(): boolean {
    while (this.#step()) if (this.#passes(this.call.queue)) return true;
    return false;
  }

  #step(): boolean {
    const { calls, specials, seed } = this.#plan;
    const place = this.#nextSpecial;
    if (place < this.#lastSpecial) {
      const before = Math.floor((place * calls) / specials.length);
      if (before <= this.#nextCall) {
        this.#nextSpecial += 1;
        this.#drawSpecial(place, before);
        return true;
      }
    }
    if (this.#nextCall >= this.#to) return false;
    this.kind = 'call';
    drawCall(seed, this.#nextCall, calls, this.call);
    this.#nextCall += 1;
    return true;
  }

  #drawSpecial(place: number, before: number): void {
    const { calls, specials, seed } = this.#plan;
    const kind = specialKinds[specials[place] ?? 0] ?? 'duplicate';
    this.kind = kind;
    this.special = place;
    if (kind !== 'duplicate' && kind !== 'superseded') {
      const own = calls + place;
      drawCall(seed, own, own + 1, this.call);
      this.call.start = Math.floor((before / Math.max(1, calls)) * 86_400_000);
      if (kind === 'outside') moveToDayBefore(this.call);
      return;
    }
    const ahead = before + Math.floor(calls / 3);
    const far = this.#alike && ahead < calls;
    drawCall(seed, far ? ahead : before, calls, this.call);
    if (kind === 'superseded') this.call.duration += 1 + 2 * (place % 1800) + (far ? 1 : 0);
  }
}

function shuffled(counts: readonly number[], seed: number): Uint8Array {
  const kinds = new Uint8Array(counts.reduce((sum, count) => sum + count, 0));
  let filled = 0;
  for (const [code, count] of counts.entries()) {
    kinds.fill(code, filled, filled + count);
    filled += count;
  }
  for (let place = kinds.length - 1; place > 0; place -= 1) {
    const other = drawNumber(seed ^ 0x5bd1e995, place) % (place + 1);
    const kind = kinds[place] ?? 0;
    kinds[place] = kinds[other] ?? 0;
    kinds[other] = kind;
  }
  return kinds;
}

function partRanges({ settings, layout }: Export): PartRange[] {
  const boundary = (part: number) => Math.floor((settings.rows * part) / settings.parts);
  const ranges = Array.from({ length: settings.parts }, (_, part) => ({
    from: boundary(part),
    to: boundary(part + 1),
    headerOnly: false,
    last: part === settings.parts - 1,
  }));
  if (layout.headerOnlyPart) ranges.splice(1, 0, { from: 0, to: 0, headerOnly: true, last: false });
  return ranges.map((range, position) => ({ number: position + 1, ...range }));
}
