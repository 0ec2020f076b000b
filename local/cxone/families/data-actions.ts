import type { ActionSettings } from '../data/action-settings.ts';
import { type Answer, type Exchange, json, type Route, refusal } from '../exchange.ts';
import { readAction } from './action-request.ts';
import { ActionStore, type StoredAction, versionOf } from './action-store.ts';
import type { Family, Surroundings } from './family.ts';

const BASE = '/api/v2/dataactions';

/** A data action as a test sees it. */
export interface SimulatedAction {
  readonly id: string;
  readonly name: string;
  /** As it is now. */
  readonly text: string;
  /** As it would be had the caller never written: with the other writer's changes alone. */
  readonly untouched: string;
  readonly writes: number;
  readonly otherWrites: number;
}

/** Data actions (section 6 of the API): list, one, replace. A PUT replaces the whole, and what it does not hold is lost. */
export class SimulatedDataActions implements Family {
  readonly routes: readonly Route[];
  readonly store: ActionStore;
  readonly #surroundings: Surroundings;
  #created = 0;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.store = new ActionStore(surroundings.seed, () => this.#settings);
    const api = {
      family: 'dataActions',
      foreign: false,
      day: () => undefined,
      admit: () => undefined,
    } as const;
    const one = new RegExp(`^${BASE}/([^/]+)$`);
    this.routes = [
      {
        ...api,
        kind: 'list',
        method: 'GET',
        path: new RegExp(`^${BASE}$`),
        scope: 'dataactions:read',
        answer: (exchange) => this.#list(exchange),
      },
      {
        ...api,
        kind: 'read',
        method: 'GET',
        path: one,
        scope: 'dataactions:read',
        answer: (exchange) => this.#read(exchange),
      },
      {
        ...api,
        kind: 'replace',
        method: 'PUT',
        path: one,
        scope: 'dataactions:write',
        answer: (exchange) => this.#replace(exchange),
      },
    ];
  }

  scenarioChanged(): void {
    this.#created = 0;
  }

  get #settings(): ActionSettings {
    return this.#surroundings.behaviour().actions;
  }

  #list(exchange: Exchange): Answer {
    const { query, requestId } = exchange;
    const page = Number(query.get('page') ?? '1');
    const size = Math.min(Number(query.get('pageSize') ?? '25'), this.#settings.largestPage);
    if (!Number.isSafeInteger(page) || page < 1 || !Number.isSafeInteger(size) || size < 1)
      return refusal(400, 'INVALID_REQUEST', 'page and pageSize have to be whole numbers from 1', requestId);
    const named = /^name=(.*)$/s.exec(query.get('filter') ?? '')?.[1];
    const all = this.store
      .all()
      .filter(({ name }) => named === undefined || !this.#settings.filters || name === named);
    const shown = all.slice((page - 1) * size, page * size);
    if (this.#created < this.#settings.created) {
      this.#created += 1;
      this.store.create();
    }
    const entities = shown.map(({ text }) => text).join(',');
    const body = `{"entities":[${entities}],"total":${all.length},"page":${page},"pageSize":${size}}`;
    return { status: 200, headers: { 'content-type': 'application/json' }, body };
  }

  #read(exchange: Exchange): Answer {
    const action = this.#find(exchange);
    if ('status' in action) return action;
    const { text } = action;
    if (this.#settings.contest === 'afterRead' && this.store.isContested(action))
      this.store.changeOther(action);
    return { status: 200, headers: { 'content-type': 'application/json' }, body: text };
  }

  #replace(exchange: Exchange): Answer {
    const action = this.#find(exchange);
    if ('status' in action) return action;
    const { requestId, body } = exchange;
    const written = readAction(body);
    if ('problems' in written) return refusal(400, 'INVALID_REQUEST', String(written.problems), requestId);
    if (written.id !== action.id)
      return refusal(400, 'INVALID_REQUEST', 'id: has to be that of the address', requestId);
    if (action.number <= this.#settings.refused)
      return refusal(422, 'NOT_EDITABLE', 'this data action cannot be edited', requestId);
    const version = versionOf(action.text);
    if (version !== undefined && written.version !== version)
      return refusal(409, 'VERSION_CONFLICT', 'somebody else has written this data action', requestId);
    this.store.write(action, this.#settings.lossy ? body.replace('"note":', '"remark":') : body);
    const { text } = action;
    if (this.store.isContested(action)) {
      if (this.#settings.contest === 'afterWrite') this.store.changeOther(action);
      if (this.#settings.contest === 'putBack') this.store.putBack(action);
    }
    return { status: 200, headers: { 'content-type': 'application/json' }, body: text };
  }

  #find({ caught, requestId }: Exchange): StoredAction | Answer {
    const action = this.store.find(decodeURIComponent(caught[0] ?? ''));
    const { gone, broken } = this.#settings;
    if (action === undefined || action.number <= gone)
      return refusal(404, 'NOT_FOUND', 'no such data action', requestId);
    if (action.number <= broken)
      return json(500, { message: 'this data action breaks the server', requestId });
    return action;
  }
}
