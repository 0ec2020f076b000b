import { applyEdits, modify } from 'jsonc-parser';
import type { DataActions } from '../../lambdas/cxone/data-actions.ts';
import { computeDate } from '../../lambdas/data-actions/arithmetic.ts';
import { DateUpdate } from '../../lambdas/model/date-updates.ts';
import { catalogued } from '../../lambdas/model/errors.ts';
import { ActionId } from '../../lambdas/model/ids.ts';
import { PlannedUpdate } from '../../lambdas/model/planned-update.ts';

export const ACTION_ID = ActionId.parse('a-1');

/** What somebody else does to the action's text. */
export type OtherWrite = (text: string) => string;

/** One data action behind its API, and another writer who comes between calls. */
export interface FakeAction extends DataActions {
  readonly text: string;
  /** Calls so far: `read`, `replace`. */
  readonly calls: readonly string[];
  /** The bodies that were written. */
  readonly sent: readonly string[];
}

/** How the API behaves. */
export interface FakeActionOptions {
  text: string;
  /** What another writer does after the n-th call, from 1. */
  others?: Readonly<Record<number, OtherWrite>>;
  /** What the server makes of what it stores. */
  stores?: OtherWrite;
  /** Thrown instead of the n-th call's answer; the call has been carried out. */
  lost?: Readonly<Record<number, Error>>;
  /** Thrown instead of carrying the n-th call out. */
  refused?: Readonly<Record<number, Error>>;
}

/** Adds one to a field that is none of ours. */
export const changesAnother: OtherWrite = (text) =>
  text.replace(/"revision":(\d+)/, (_, revision: string) => `"revision":${Number(revision) + 1}`);

export function fakeAction(options: FakeActionOptions): FakeAction {
  let { text } = options;
  const calls: string[] = [];
  const sent: string[] = [];
  const versionOf = (of: string) => (JSON.parse(of) as { version?: number }).version;
  const bump = (after: string) => {
    const version = versionOf(text);
    text = version === undefined ? after : applyEdits(after, modify(after, ['version'], version + 1, {}));
  };
  const after = <Result>(name: string, answer: () => Result): Result => {
    calls.push(name);
    const call = calls.length;
    try {
      const refused = options.refused?.[call];
      if (refused !== undefined) throw refused;
      const result = answer();
      const lost = options.lost?.[call];
      if (lost !== undefined) throw lost;
      return result;
    } finally {
      // Also after a call that was refused: somebody else does not wait for ours to succeed.
      const other = options.others?.[call];
      if (other !== undefined) bump(other(text));
    }
  };
  const action = () => {
    const { name } = JSON.parse(text) as { name: string };
    return { text, name, versioned: versionOf(text) !== undefined };
  };
  return {
    get text() {
      return text;
    },
    calls,
    sent,
    list: async () => ({ actions: [{ id: ACTION_ID, name: 'a' }], total: 1 }),
    read: async () => after('read', action),
    replace: async (_, body) =>
      after('replace', () => {
        if (versionOf(text) !== versionOf(body)) throw catalogued('ActionChanged', 'Somebody else wrote.');
        sent.push(body);
        bump(options.stores?.(body) ?? body);
        return action();
      }),
  };
}

/** A planned update of the action: an hour added to noon. */
export function plannedUpdate(more: Readonly<Record<string, unknown>> = {}, index = 0): PlannedUpdate {
  const update = DateUpdate.parse({
    action: 'a',
    timestamp: '2024-02-29T12:00:00Z',
    zone: 'America/New_York',
    operation: 'ADD_OFFSET',
    offsetMinutes: 60,
    ...more,
  });
  return PlannedUpdate.parse({ index, ...update, ...computeDate(update) });
}
