import type { InteractionSettings } from '../behaviour.ts';
import {
  type DrawnInteraction,
  dayOfId,
  drawInteractions,
  lateInteraction,
} from '../data/interaction-details.ts';
import { drawNumber, seedOf } from '../data/random.ts';

const DAY_MILLISECONDS = 86_400_000;
/** Without a lower bound a query sees so many days. */
const DAYS_SEEN = 30;

/** An interaction with what has happened to it since it closed. */
export interface StoredInteraction {
  readonly drawn: DrawnInteraction;
  /** Epoch milliseconds. */
  updatedAt: number;
  deleted: boolean;
  readonly fields: Map<string, string>;
}

/** Every interaction of the simulated contact center: days are drawn when they are first looked at, and kept with their changes. */
export class InteractionStore {
  readonly #seed: string;
  readonly #settings: () => InteractionSettings;
  readonly #days = new Map<string, Map<string, StoredInteraction>>();
  /** Those that are not where their day of closing has them. */
  readonly #moved = new Set<StoredInteraction>();
  #changes = 0;

  constructor(seed: string, settings: () => InteractionSettings) {
    this.#seed = seed;
    this.#settings = settings;
  }

  /** Closed interactions that were updated in the range and by now, the latest first. */
  closed(range: { from?: number | undefined; to?: number | undefined }, now: number): StoredInteraction[] {
    const to = Math.min(range.to ?? now + 1, now + 1);
    const from = range.from ?? now - DAYS_SEEN * DAY_MILLISECONDS;
    const found: StoredInteraction[] = [];
    const within = (one: StoredInteraction) => !one.deleted && one.updatedAt >= from && one.updatedAt < to;
    for (let day = startOfDay(from); day < to; day += DAY_MILLISECONDS)
      for (const one of this.#day(isoDay(day)).values())
        if (!this.#moved.has(one) && within(one)) found.push(one);
    for (const one of this.#moved) if (within(one)) found.push(one);
    return found.sort(
      (left, right) => right.updatedAt - left.updatedAt || (left.drawn.id < right.drawn.id ? 1 : -1),
    );
  }

  /** The interaction of an id, deleted ones too; undefined where there is none by now. */
  find(id: string, now: number): StoredInteraction | undefined {
    const day = dayOfId(id);
    const found = day === undefined ? undefined : this.#day(day).get(id);
    return found !== undefined && found.drawn.createdAt <= now ? found : undefined;
  }

  /** Puts all back as they closed. */
  forget(): void {
    this.#days.clear();
    this.#moved.clear();
    this.#changes = 0;
  }

  /** Moves its `updatedTime`. */
  touch(one: StoredInteraction, now: number): void {
    one.updatedAt = now;
    this.#moved.add(one);
  }

  remove(one: StoredInteraction): void {
    one.deleted = true;
  }

  /** Closes one more, now. */
  close(now: number): StoredInteraction {
    const drawn = lateInteraction(this.#seed, 500_000 + this.#changes, now);
    this.#changes += 1;
    const one = stored(drawn);
    this.#day(drawn.day).set(drawn.id, one);
    this.#moved.add(one);
    return one;
  }

  /** What happens in the contact center while a page is read. */
  liveOn(among: readonly StoredInteraction[], now: number): void {
    const { moves, closes, deletes } = this.#settings();
    for (let count = 0; count < moves; count += 1) this.#drawn(among, (one) => this.touch(one, now));
    for (let count = 0; count < deletes; count += 1) this.#drawn(among, (one) => this.remove(one));
    for (let count = 0; count < closes; count += 1) this.close(now);
  }

  #drawn(among: readonly StoredInteraction[], change: (one: StoredInteraction) => void): void {
    this.#changes += 1;
    const one = among[drawNumber(seedOf(this.#seed, 'change'), this.#changes) % Math.max(1, among.length)];
    if (one !== undefined && !one.deleted) change(one);
  }

  #day(day: string): Map<string, StoredInteraction> {
    const known = this.#days.get(day);
    if (known !== undefined) return known;
    const { perDay: count, atOnce } = this.#settings();
    const drawn = drawInteractions({ seed: this.#seed, day, count, atOnce: Math.min(atOnce, count) });
    const interactions = new Map(drawn.map((one) => [one.id, stored(one)]));
    this.#days.set(day, interactions);
    return interactions;
  }
}

function stored(drawn: DrawnInteraction): StoredInteraction {
  return { drawn, updatedAt: drawn.closedAt, deleted: false, fields: new Map() };
}

function startOfDay(instant: number): number {
  return Math.floor(instant / DAY_MILLISECONDS) * DAY_MILLISECONDS;
}

function isoDay(instant: number): string {
  return new Date(instant).toISOString().slice(0, 10);
}
