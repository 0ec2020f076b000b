import { z } from 'zod';
import { catalogued, isError } from '../model/errors.ts';
import type { Family } from '../model/families.ts';
import { ActionId } from '../model/ids.ts';
import { problemSentence, problemsOf } from '../model/refusal.ts';
import { parsedJson, readText } from './answer.ts';
import type { AuthorizedCall, AuthorizedCalls } from './authorized-calls.ts';
import { familyEndpoint } from './endpoint.ts';

/** What the list says of a data action, as far as we need it. */
export const ListedAction = z.object({ id: ActionId, name: z.string() });
export type ListedAction = z.infer<typeof ListedAction>;

/** One page of the list of data actions. */
export interface ActionsPage {
  actions: ListedAction[];
  /** Of all pages. */
  total: number;
}

/** A data action as CXone gave it, to the letter. */
export interface DataAction {
  text: string;
  name: string;
  /** Whether CXone numbers the versions of it: a write of an old one is answered 409 then. */
  versioned: boolean;
}

/** The data actions API (section 6 of the API notes). */
export interface DataActions {
  /**
   * A page of the list.
   *
   * @param page from 1
   * @param name a hint that CXone may ignore: which name is looked for
   */
  list(page: number, size: number, name?: string): Promise<ActionsPage>;
  /** Throws `ActionNotFound` where CXone has no action of that id. */
  read(id: ActionId): Promise<DataAction>;
  /**
   * Puts the text in the place of the whole action and gives what CXone stored.
   *
   * @throws ActionChanged where somebody else wrote in between
   * @throws ActionNotFound where the action is gone
   */
  replace(id: ActionId, text: string): Promise<DataAction>;
}

const Page = z.object({ entities: z.array(ListedAction), total: z.int().min(0) });

const Action = z.object({
  id: ActionId,
  name: z.string(),
  version: z.unknown().optional(),
  configuration: z.record(z.string(), z.unknown()),
});

/** Longest action that is read. */
const ACTION_BYTES = 4 * 1_048_576;

/** Makes the client of the data actions API. */
export function createDataActions(family: Family, calls: AuthorizedCalls): DataActions {
  /** Makes a call whose answer is one data action, and keeps its text. */
  async function action(call: AuthorizedCall): Promise<DataAction> {
    const { status, body, requestId } = await calls.open(call);
    const text = await readText(body, ACTION_BYTES);
    const value = text === undefined ? undefined : parsedJson(text);
    const parsed = Action.safeParse(value);
    if (text !== undefined && status < 300 && parsed.success)
      return { text, name: parsed.data.name, versioned: parsed.data.version !== undefined };
    const wrong = parsed.success
      ? 'a redirect'
      : problemsOf(parsed.error, value).slice(0, 3).map(problemSentence).join('; ');
    throw catalogued(
      'ServerFault',
      `CXone answered ${status} to ${call.name} with no data action: ${wrong}.`,
      {
        call: call.name,
        status,
        requestId,
      },
    );
  }

  return {
    list(page, size, name) {
      const url = familyEndpoint(family, 'list');
      url.searchParams.set('pageSize', `${size}`);
      url.searchParams.set('page', `${page}`);
      if (name !== undefined) url.searchParams.set('filter', `name=${name}`);
      const call = { name: 'list', method: 'GET', url, headers: { accept: 'application/json' } } as const;
      return calls.json(call, Page).then(({ entities, total }) => ({ actions: entities, total }));
    },

    read: (id) =>
      named(
        action({
          name: 'read',
          method: 'GET',
          url: familyEndpoint(family, 'one', id),
          headers: { accept: 'application/json' },
        }),
      ),

    replace: (id, text) =>
      named(
        action({
          name: 'replace',
          method: 'PUT',
          url: familyEndpoint(family, 'one', id),
          headers: { accept: 'application/json', 'content-type': 'application/json' },
          body: text,
        }),
      ),
  };
}

/** Gives a missing action and a change in between their own names. */
async function named<Result>(call: Promise<Result>): Promise<Result> {
  try {
    return await call;
  } catch (error) {
    if (isError(error, 'NotFound'))
      throw catalogued('ActionNotFound', 'CXone has no data action of that id any more.', error.facts, error);
    if (isError(error, 'RequestRefused') && error.facts.status === 409)
      throw catalogued(
        'ActionChanged',
        'Somebody else wrote the data action in between.',
        error.facts,
        error,
      );
    throw error;
  }
}
