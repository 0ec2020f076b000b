import type { Interactions } from '../../lambdas/cxone/interactions.ts';
import { isoInstant } from '../../lambdas/model/days.ts';
import { catalogued } from '../../lambdas/model/errors.ts';
import { InteractionId } from '../../lambdas/model/interactions.ts';
import type { FakeClock } from './fake-clock.ts';

/** One interaction of a contact center in this process. */
export interface HeldInteraction {
  id: InteractionId;
  /** Epoch milliseconds. */
  closedAt: number;
  updatedAt: number;
  deleted: boolean;
  fields: Map<string, string>;
  /** What is thrown in place of an answer, call by call; the last one stays. */
  details: (Error | 'answer')[];
  marks: (Error | 'answer')[];
}

/** The interactions API with a list that moves under its callers, and whose pages are places in it. */
export interface FakeContactCenter extends Interactions {
  readonly all: Map<string, HeldInteraction>;
  readonly calls: { kind: 'query' | 'details' | 'setField'; id: string }[];
  /** Happens after every page. */
  live: () => void;
  close(id: string, at: string | number): HeldInteraction;
  touch(id: string): void;
  /** Interactions of a page. Default 100. */
  pageSize: number;
}

/** Milliseconds that a call takes. */
const CALL_MILLISECONDS = 106;

/** An empty contact center, whose calls take time. */
export function contactCenter(clock: FakeClock): FakeContactCenter {
  const all = new Map<string, HeldInteraction>();
  const calls: FakeContactCenter['calls'] = [];
  const begin = (kind: FakeContactCenter['calls'][number]['kind'], id: string) => {
    calls.push({ kind, id });
    clock.set(clock.now() + CALL_MILLISECONDS);
  };
  const held = (id: string): HeldInteraction => {
    const one = all.get(id);
    if (one === undefined || one.deleted)
      throw catalogued('NotFound', 'There is no such interaction.', { requestId: `r-${id}` });
    return one;
  };
  const answer = (script: (Error | 'answer')[]) => {
    const next = script.length > 1 ? script.shift() : script[0];
    if (next instanceof Error) throw next;
  };
  const center: FakeContactCenter = {
    all,
    calls,
    pageSize: 100,
    live: () => undefined,
    close(id, at) {
      const closedAt = typeof at === 'number' ? at : Date.parse(at);
      const one: HeldInteraction = {
        id: InteractionId.parse(id),
        closedAt,
        updatedAt: closedAt,
        deleted: false,
        fields: new Map(),
        details: ['answer'],
        marks: ['answer'],
      };
      all.set(id, one);
      return one;
    },
    touch: (id) => {
      held(id).updatedAt = clock.now();
    },
    async query({ from, to }, pageToken = '0') {
      begin('query', '');
      const found = [...all.values()]
        .filter(({ deleted, updatedAt }) => !deleted && updatedAt >= from && updatedAt < to)
        .filter(({ closedAt }) => closedAt <= clock.now())
        .sort((one, other) => other.updatedAt - one.updatedAt || (one.id < other.id ? -1 : 1));
      const first = Number(pageToken);
      const page = found.slice(first, first + center.pageSize);
      const next = first + page.length;
      const answered = page.map(({ id, updatedAt }) => ({ id, updatedAt }));
      center.live();
      return { interactions: answered, ...(next < found.length ? { nextPage: String(next) } : {}) };
    },
    async details(id) {
      begin('details', id);
      const one = held(id);
      answer(one.details);
      return detailsText(one);
    },
    async setField(id, field, value) {
      begin('setField', id);
      const one = held(id);
      answer(one.marks);
      one.fields.set(field, value);
      one.updatedAt = clock.now();
    },
  };
  return center;
}

/** What a detail call gives. */
export function detailsText(one: HeldInteraction): string {
  return JSON.stringify({
    id: one.id,
    type: 'voice',
    status: 'closed',
    created_time: isoInstant(one.closedAt - 60_000),
    updated_time: isoInstant(one.updatedAt),
    participants: [{ id: 'a', type: 'agent', address: '1000', state: 'left' }],
    media: [],
    custom_fields: [...one.fields].map(([id, value]) => ({ id, value })),
  });
}
