import type { LimitSettings } from './behaviour.ts';
import type { Violation } from './call-log.ts';

/** Milliseconds after a `Retry-After` in which calls may still arrive: they were on their way when it was sent. */
const grace = 1000;
/** Milliseconds for which an address that ignores throttling is blocked. */
const blockTime = 15 * 60_000;

/** Watches over what a client must not do, and keeps whom it has blocked. Times are epoch milliseconds. */
export class Watch {
  readonly violations: Violation[] = [];
  limits: LimitSettings;
  readonly #asked = new Map<string, { from: number; until: number }>();
  readonly #recent = new Map<string, number[]>();
  #ignored = 0;
  #blockedUntil = Number.NEGATIVE_INFINITY;

  constructor(limits: LimitSettings) {
    this.limits = limits;
  }

  /** Notes a violation. */
  note(rule: Violation['rule'], at: number, detail: string): void {
    this.violations.push({ rule, at: new Date(at).toISOString(), detail });
  }

  /** Blocks the address, 15 minutes unless told otherwise. */
  block(now: number, milliseconds: number = blockTime): void {
    this.#blockedUntil = Math.max(this.#blockedUntil, now + milliseconds);
  }

  /** Whether the address is blocked. */
  isBlocked(now: number): boolean {
    return now < this.#blockedUntil;
  }

  /** Forgets blocks, waits and counts, as a new scenario does; violations stay. */
  forgive(limits: LimitSettings): void {
    this.limits = limits;
    this.#asked.clear();
    this.#recent.clear();
    this.#ignored = 0;
    this.#blockedUntil = Number.NEGATIVE_INFINITY;
  }

  /** Remembers that callers of a client and family were asked to wait. */
  askedToWait(caller: string, at: number, seconds: number): void {
    this.#asked.set(caller, { from: at, until: at + seconds * 1000 });
  }

  /** Notes a call that comes although its client and family were asked to wait. */
  arrived(caller: string, at: number): void {
    const asked = this.#asked.get(caller);
    if (asked === undefined || at <= asked.from + grace || at >= asked.until) return;
    this.note('retry-after-ignored', at, `called ${Math.ceil((asked.until - at) / 1000)} s too soon`);
    this.#ignored += 1;
    if (this.limits.patience > 0 && this.#ignored >= this.limits.patience) this.block(at);
  }

  /** Whether a caller keeps to so many calls in any second; one too many is noted. */
  holdsSecond(caller: string, at: number, most: number): boolean {
    const recent = (this.#recent.get(caller) ?? []).filter((earlier) => earlier > at - 1_000);
    this.#recent.set(caller, recent);
    if (recent.length >= most) {
      this.note('rate-exceeded', at, `more than ${most} calls in a second`);
      return false;
    }
    recent.push(at);
    return true;
  }

  /** Seconds to wait for a caller whose call is one too many for the rate; undefined for one that is not. */
  exceedsRate(caller: string, at: number): number | undefined {
    const { perMinute } = this.limits;
    if (perMinute === 0) return undefined;
    const recent = (this.#recent.get(caller) ?? []).filter((earlier) => earlier > at - 60_000);
    this.#recent.set(caller, recent);
    if (recent.length < perMinute) {
      recent.push(at);
      return undefined;
    }
    this.note('rate-exceeded', at, `more than ${perMinute} calls in 60 s`);
    return Math.ceil((Math.min(...recent) + 60_000 - at) / 1000);
  }
}
