import { z } from 'zod';
import { interactionText, mediaOf, mediumBytes } from '../data/interaction-details.ts';
import { uuidOf } from '../data/random.ts';
import { type Answer, type Exchange, json, page, type Route, refusal } from '../exchange.ts';
import type { Family, Surroundings } from './family.ts';
import { pageTokenOf, readInteractionQuery } from './interaction-query.ts';
import { InteractionStore, type StoredInteraction } from './interaction-store.ts';

/** Calls a second that CXone takes of one client. */
const CALLS_A_SECOND = 10;
const BASE = '/api/v2/interactions';
/** The field that archives are marked in. */
const FIELD = 'archival_status';

const FieldValue = z.strictObject({ value: z.string().min(1).max(200) });

/** An interaction as a test sees it. */
export interface SimulatedInteraction {
  readonly id: string;
  readonly status: 'closed' | 'open';
  /** ISO 8601. */
  readonly updatedTime: string;
  /** ISO 8601. */
  readonly closedTime: string;
  readonly deleted: boolean;
  /** What the custom field `archival_status` holds. */
  readonly archivalStatus: string | undefined;
  /** What a detail call answers: 200, 403 or 404. */
  readonly answer: number;
  /** Its JSON text, as a detail call would give it now. */
  readonly text: string;
}

/** Interactions (section 5 of the API): query, detail, custom field, and the media that their playback addresses lead to. */
export class Interactions implements Family {
  readonly routes: readonly Route[];
  readonly store: InteractionStore;
  readonly #surroundings: Surroundings;
  readonly #signed = new Map<string, { medium: string; one: StoredInteraction }>();

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.store = new InteractionStore(surroundings.seed, () => this.#settings);
    const api = {
      family: 'interactions',
      foreign: false,
      day: () => undefined,
      admit: (exchange: Exchange) => this.#admit(exchange),
    } as const;
    this.routes = [
      {
        ...api,
        kind: 'query',
        method: 'POST',
        path: new RegExp(`^${BASE}/query$`),
        scope: 'interactions:read',
        answer: (exchange) => this.#query(exchange),
      },
      {
        ...api,
        kind: 'detail',
        method: 'GET',
        path: new RegExp(`^${BASE}/([^/]+)$`),
        scope: 'interactions:read',
        answer: (exchange) => this.#detail(exchange),
      },
      {
        ...api,
        kind: 'field',
        method: 'PUT',
        path: new RegExp(`^${BASE}/([^/]+)/custom-fields/([^/]+)$`),
        scope: 'customfields:write',
        answer: (exchange) => this.#writeField(exchange),
      },
      {
        ...api,
        family: 'media',
        kind: 'media',
        method: 'GET',
        path: /^\/media\/([^/]+)$/,
        scope: undefined,
        foreign: true,
        admit: () => undefined,
        answer: (exchange) => this.#medium(exchange),
      },
    ];
  }

  scenarioChanged(): void {}

  /** An interaction as it is now; undefined where there is none of that id. */
  find(id: string, now: number): SimulatedInteraction | undefined {
    const one = this.store.find(id, now);
    return one === undefined ? undefined : this.#view(one, now);
  }

  /** Closed interactions by their `updatedTime`, deleted ones left out. */
  closed(range: { from: number; to: number }, now: number): SimulatedInteraction[] {
    return this.store.closed(range, now).map((one) => this.#view(one, now));
  }

  /** Writes another custom field, as somebody in the contact center does. */
  change(id: string, field: string, value: string, now: number): void {
    const one = this.store.find(id, now);
    if (one === undefined) throw new Error(`There is no interaction ${id}.`);
    one.fields.set(field, value);
    this.store.touch(one, now);
  }

  get #settings() {
    return this.#surroundings.behaviour().interactions;
  }

  #admit(exchange: Exchange): Answer | undefined {
    const { watch } = this.#surroundings;
    if (watch.holdsSecond(`interactions ${exchange.client}`, exchange.sentAt, CALLS_A_SECOND))
      return undefined;
    return refusal(429, 'TOO_MANY_REQUESTS', 'too many calls', exchange.requestId, { 'retry-after': '1' });
  }

  #query(exchange: Exchange): Answer {
    const query = readInteractionQuery(exchange.body);
    if (typeof query === 'string') return invalid(query, exchange);
    const found = this.store.closed(query, exchange.now);
    const shown = found.slice(query.offset, query.offset + query.pageSize);
    const more = found.length > query.offset + shown.length;
    const answer = json(200, {
      data: shown.map((one) => ({ id: one.drawn.id, status: 'closed', updatedTime: iso(one.updatedAt) })),
      pagination: { next_page: more ? pageTokenOf(query.offset + shown.length) : null },
    });
    this.store.liveOn(found, exchange.now);
    return answer;
  }

  #detail(exchange: Exchange): Answer {
    const one = this.#asked(exchange);
    if (one === undefined) return notFound('no such interaction', exchange);
    const { status, text } = this.#told(one, exchange.now);
    if (status === 404) return notFound('no such interaction', exchange);
    if (status === 403)
      return refusal(403, 'RESTRICTED', 'the interaction is restricted', exchange.requestId);
    if (status === 500)
      return refusal(500, 'SERVER_ERROR', 'the interaction cannot be read', exchange.requestId);
    return { status: 200, headers: { 'content-type': 'application/json' }, body: text };
  }

  #writeField(exchange: Exchange): Answer {
    const one = this.#asked(exchange);
    const { field, ownWritesMove } = this.#settings;
    if (one === undefined || one.deleted) return notFound('no such interaction', exchange);
    if (exchange.caught[1] !== FIELD || field === 'missing')
      return invalid('there is no such custom field', exchange);
    if (field === 'readOnly')
      return refusal(403, 'FIELD_READ_ONLY', 'the custom field cannot be written', exchange.requestId);
    if (one.drawn.closedAt > exchange.now) return invalid('the interaction is not closed', exchange);
    const value = FieldValue.safeParse(parsed(exchange.body));
    if (!value.success) return invalid('the body has to be {"value": "…"}', exchange);
    one.fields.set(FIELD, value.data.value);
    if (ownWritesMove) this.store.touch(one, exchange.now);
    return one.drawn.bits % 2 === 0
      ? json(200, { id: FIELD, ...value.data })
      : { status: 204, headers: {}, body: '' };
  }

  #medium(exchange: Exchange): Answer {
    const { watch } = this.#surroundings;
    if (exchange.headers.authorization !== undefined)
      watch.note('bearer-on-foreign-host', exchange.sentAt, exchange.path);
    const signed = this.#signed.get(exchange.caught[0] ?? '');
    if (signed === undefined) return notFound('no such medium', exchange);
    const { mediaMissing, mediaExpired, mediaForbidden } = this.#settings;
    const { index } = signed.one.drawn;
    if (index < mediaMissing) return notFound('the recording is gone', exchange);
    if (index < mediaMissing + mediaExpired) return page(410, 'The address has expired');
    if (index < mediaMissing + mediaExpired + mediaForbidden) return page(403, 'Forbidden');
    const bytes = mediumBytes(signed.medium);
    return {
      status: 200,
      headers: { 'content-type': 'audio/mpeg' },
      body: { length: bytes.length, chunks: () => [bytes] },
    };
  }

  #asked(exchange: Exchange): StoredInteraction | undefined {
    return this.store.find(decodeURIComponent(exchange.caught[0] ?? ''), exchange.now);
  }

  #told(one: StoredInteraction, now: number): { status: number; text: string } {
    const { missing, restricted, broken } = this.#settings;
    const { index } = one.drawn;
    if (one.deleted || index < missing) return { status: 404, text: '' };
    if (index < missing + restricted) return { status: 403, text: '' };
    if (index < missing + restricted + broken) return { status: 500, text: '' };
    return { status: 200, text: this.#text(one, now) };
  }

  #text(one: StoredInteraction, now: number): string {
    return interactionText(one.drawn, {
      status: one.drawn.closedAt <= now ? 'closed' : 'open',
      updatedAt: one.updatedAt,
      fields: one.fields,
      playbackUrl: (medium) => this.#playback(one, medium),
    });
  }

  #playback(one: StoredInteraction, medium: string): string {
    const signature = uuidOf(this.#surroundings.seed, 'medium', medium);
    if (mediaOf(one.drawn).includes(medium)) this.#signed.set(signature, { medium, one });
    return `${this.#surroundings.downloadUrl()}/media/${signature}?signature=${signature.slice(0, 8)}`;
  }

  #view(one: StoredInteraction, now: number): SimulatedInteraction {
    return {
      id: one.drawn.id,
      status: one.drawn.closedAt <= now ? 'closed' : 'open',
      updatedTime: iso(one.updatedAt),
      closedTime: iso(one.drawn.closedAt),
      deleted: one.deleted,
      archivalStatus: one.fields.get(FIELD),
      answer: this.#told(one, now).status,
      text: this.#text(one, now),
    };
  }
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function invalid(message: string, exchange: Exchange): Answer {
  return refusal(400, 'INVALID_REQUEST', message, exchange.requestId);
}

function notFound(message: string, exchange: Exchange): Answer {
  return refusal(404, 'NOT_FOUND', message, exchange.requestId);
}
