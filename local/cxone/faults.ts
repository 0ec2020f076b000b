import type { CallKind, Effect, Fault } from './behaviour.ts';
import { drawNumber, seedOf } from './data/random.ts';
import type { Answer, Exchange } from './exchange.ts';
import { page, refusal } from './exchange.ts';

/** A fault that is due, with its number among those of its kind, from 0. */
export interface DueFault {
  readonly name: string;
  readonly effect: Effect;
  readonly turn: number;
}

/** Keeps count of the faults that calls are still to meet. A call meets at most one. */
export class FaultBook {
  readonly #faults: readonly Fault[];
  readonly #rate: number;
  readonly #seed: number;
  readonly #met = new Map<string, number>();
  readonly #calls = new Map<CallKind, number>();

  /** @param rate share of calls, 0 to 1, that meet a fault drawn by the seed and the call's number among its kind. */
  constructor(faults: readonly Fault[], rate: number, seed: string) {
    this.#faults = faults;
    this.#rate = rate;
    this.#seed = seedOf(seed, 'faults');
  }

  /** The fault that the next call of a kind meets. */
  next(kind: CallKind): DueFault | undefined {
    const call = this.#calls.get(kind) ?? 0;
    this.#calls.set(kind, call + 1);
    for (const [position, fault] of this.#faults.entries()) {
      const key = `${position} ${kind}`;
      const turn = this.#met.get(key) ?? 0;
      if (!fault.on.includes(kind) || turn >= fault.times) continue;
      this.#met.set(key, turn + 1);
      return { name: fault.name, effect: fault.effect, turn };
    }
    return this.#drawn(kind, call);
  }

  #drawn(kind: CallKind, call: number): DueFault | undefined {
    const draw = drawNumber(this.#seed ^ seedOf(kind), call);
    if (draw / 0x1_0000_0000 >= this.#rate) return undefined;
    const effects = effectsOf(kind);
    const choice = drawNumber(draw, call);
    const effect = effects[choice % effects.length];
    return effect === undefined ? undefined : { name: 'fault-rate', effect, turn: choice >>> 8 };
  }
}

/** The answer that a fault gives instead of the family's. */
export function faultAnswer(
  { effect, turn }: { effect: Extract<Effect, { act: 'answer' }>; turn: number },
  exchange: Exchange,
): Answer {
  const status = effect.statuses[turn % effect.statuses.length] ?? 500;
  const title = status === 429 ? 'Too many requests' : 'Service not available';
  const headers: Record<string, string> = {};
  if (effect.retryAfter?.form === 'seconds') headers['retry-after'] = String(effect.retryAfter.seconds);
  if (effect.retryAfter?.form === 'date') {
    const until = Math.ceil((exchange.now + effect.retryAfter.seconds * 1000) / 1000) * 1000;
    headers['retry-after'] = new Date(until).toUTCString();
  }
  if (effect.page === 'html') return page(status, title, headers);
  return refusal(
    status,
    status === 429 ? 'TOO_MANY_REQUESTS' : 'SERVER_ERROR',
    title,
    exchange.requestId,
    headers,
  );
}

const everywhere: readonly Effect[] = [
  { act: 'answer', statuses: [429], retryAfter: { form: 'seconds', seconds: 20 }, page: 'json' },
  { act: 'answer', statuses: [429], retryAfter: { form: 'date', seconds: 20 }, page: 'json' },
  { act: 'answer', statuses: [429], retryAfter: undefined, page: 'json' },
  { act: 'answer', statuses: [500, 502, 503, 504], retryAfter: undefined, page: 'json' },
  { act: 'answer', statuses: [502, 503], retryAfter: undefined, page: 'html' },
  { act: 'reset-before' },
  { act: 'spoil', how: 'reset' },
];

function effectsOf(kind: CallKind): readonly Effect[] {
  switch (kind) {
    case 'token':
    case 'status':
    case 'list':
    case 'read':
    case 'query':
    case 'detail':
    case 'field':
    case 'media':
      return everywhere;
    case 'replace':
    case 'submit':
      return [...everywhere, { act: 'lost-reply' }, { act: 'lost-reply' }];
    case 'report':
      return [...everywhere, { act: 'spoil', how: 'short' }, { act: 'spoil', how: 'clean-short' }];
    case 'download':
      return [
        ...everywhere,
        { act: 'spoil', how: 'short' },
        { act: 'spoil', how: 'clean-short' },
        { act: 'spoil', how: 'corrupt' },
      ];
  }
}
