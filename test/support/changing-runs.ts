import { readRecords } from '../../lambdas/audit/chain.ts';
import { recordIn } from '../../lambdas/audit/record.ts';
import type { DataActions } from '../../lambdas/cxone/data-actions.ts';
import { auditBatch } from '../../lambdas/data-actions/audit-batch.ts';
import { ledgerProgress } from '../../lambdas/data-actions/progress.ts';
import { resultOf } from '../../lambdas/data-actions/reconcile.ts';
import { updateBatch } from '../../lambdas/data-actions/update-batch.ts';
import { readUpdate } from '../../lambdas/ledger/action-updates.ts';
import { catalogued, isError } from '../../lambdas/model/errors.ts';
import { type ActionId, RunArn, TenantId } from '../../lambdas/model/ids.ts';
import { fakeClock } from './fake-clock.ts';
import { ACTION_ID, fakeAction, plannedUpdate } from './fake-data-actions.ts';
import { Stopped } from './interleaving.ts';
import { memoryMac } from './memory-mac.ts';
import { memoryObjectStore } from './memory-object-store.ts';
import { memoryTable } from './memory-table.ts';

/** One call to the world after the other, any of which can be the last. */
export type Turn = <Result>(call: () => Promise<Result>) => Promise<Result>;

/** What becomes of a write: it may be carried out without an answer, at once or some time later, or be lost on its way. */
export type WriteFate = 'answered' | 'unanswered' | 'late' | 'never';

/** How a run fares. */
export interface Fortune {
  turn?: Turn;
  /** Of one write after the other; more are answered. */
  writes?: readonly WriteFate[];
  /** It is killed right before its first write, or right after that has been carried out. */
  dies?: 'beforeWrite' | 'afterWrite';
  /** A write right before which it is killed had been sent, and is carried out later. */
  sentBeforeStop?: boolean;
}

const PLAIN =
  '{"id":"a-1","name":"a","type":"custom","enabled":true,"configuration":{"dateProcessing":{"computedValue":"old"}}}';

/** Actions without and with a version. */
export const ACTION_TEXTS = [PLAIN, PLAIN.replace('"enabled":true', '"enabled":true,"version":7')];

/** A function lives for so long. */
const LIFE_MILLISECONDS = 900_000;

/** A write that is carried out late is so by then. */
const LATE_MILLISECONDS = 25_000;

/** Invocations that a run takes: waiting for another one's turn to end takes some twenty. */
const INVOCATIONS = 200;

/** A data action, a ledger and an audit chain, and runs of one update that can be stopped between any two calls. */
export function changingRuns(text = PLAIN) {
  const action = fakeAction({ text });
  const clock = fakeClock('2024-05-16T03:30:00.000Z');
  const table = memoryTable();
  const tenant = TenantId.parse('acme');
  const ledger = { table, tenant, clock };
  const objects = memoryObjectStore();
  const mac = memoryMac();
  const writes: { run: string; computedValue: unknown }[] = [];
  const starts = new Map<string, number>();
  const late: { at: number; write: () => Promise<unknown> }[] = [];
  const runOf = (name: string) =>
    RunArn.parse(`arn:aws:states:eu-west-1:123456789012:execution:acme-data-action-dates:${name}`);

  async function carryOut(run: string, id: ActionId, body: string) {
    const stored = await action.replace(id, body);
    writes.push({ run, computedValue: /"computedValue":"([^"]*)"/.exec(body)?.[1] });
    return stored;
  }

  function carryOutLater(run: string, id: ActionId, body: string): void {
    late.push({
      at: clock.now() + LATE_MILLISECONDS,
      write: () =>
        carryOut(run, id, body).catch((error: unknown) => {
          // Nobody hears of it.
          if (!isError(error, 'ActionChanged')) throw error;
        }),
    });
  }

  /** What has arrived by now. */
  async function arrive(): Promise<void> {
    const due = late.filter(({ at }) => at <= clock.now());
    late.splice(0, late.length, ...late.filter(({ at }) => at > clock.now()));
    for (const { write } of due) await write();
  }

  async function waitUntil(instant: number): Promise<void> {
    clock.set(Math.max(clock.now(), instant));
    await arrive();
  }

  function apiOf(name: string, fortune: Fortune, turn: Turn, die: () => void): DataActions {
    const fates = [...(fortune.writes ?? [])];
    return {
      list: action.list,
      read: (id) => turn(() => action.read(id)),
      async replace(id, body) {
        let sent = false;
        try {
          return await turn(async () => {
            if (fortune.dies === 'beforeWrite') {
              die();
              throw new Stopped();
            }
            sent = true;
            const fate = fates.shift() ?? 'answered';
            if (fate === 'late') carryOutLater(name, id, body);
            const stored = fate === 'late' || fate === 'never' ? undefined : await carryOut(name, id, body);
            if (fortune.dies === 'afterWrite') die();
            if (fate === 'answered' && stored !== undefined) return stored;
            throw catalogued('ConnectionLost', 'The connection failed.', { call: 'replace' });
          });
        } catch (error) {
          if (error instanceof Stopped && !sent && fortune.sentBeforeStop) carryOutLater(name, id, body);
          throw error;
        }
      },
    };
  }

  /** One run from where it was left to its end: its update, in as many invocations as that takes, then its audit. */
  async function attempt(name: string, minutes: number, fortune: Fortune = {}): Promise<void> {
    const run = runOf(name);
    const updates = [plannedUpdate({ offsetMinutes: minutes })];
    const startedAt = starts.get(name) ?? clock.now();
    starts.set(name, startedAt);
    let dead = false;
    let livesUntil = 0;
    const turn: Turn = async (call) => {
      const given: Turn = fortune.turn ?? ((next) => next());
      const result = await given(async () => {
        await arrive();
        if (dead || clock.now() >= livesUntil) throw new Stopped();
        return call();
      });
      if (dead) throw new Stopped();
      return result;
    };
    const reached = {
      ...ledger,
      table: {
        ...table,
        get: (key) => turn(() => table.get(key)),
        update: (key, write) => turn(() => table.update(key, write)),
      } satisfies typeof table,
    };
    const api = apiOf(name, fortune, turn, () => {
      dead = true;
    });
    for (let invocation = 0; ; invocation++) {
      if (invocation === INVOCATIONS) throw new Error(`${name} does not come to an end.`);
      livesUntil = clock.now() + LIFE_MILLISECONDS;
      const remainingMilliseconds = () => livesUntil - clock.now();
      const step = await updateBatch(
        {
          dataActions: api,
          ids: new Map([['a', [ACTION_ID]]]),
          progress: ledgerProgress(reached, { run, round: 0, startedAt }, remainingMilliseconds),
          breaker: {
            admits: async () => 'admitted',
            succeeded: async () => undefined,
            failed: async () => undefined,
            state: async () => ({ state: 'closed', failuresInARow: 0 }),
          },
          clock,
          random: () => 0,
          remainingMilliseconds,
        },
        { name, updates, dryRun: false },
      );
      if (step.outcome === 'done') break;
      await waitUntil(step.at);
    }
    livesUntil = clock.now() + LIFE_MILLISECONDS;
    await auditBatch({ ledger: reached, objects, mac }, run, updates);
  }

  return {
    action,
    /** Every write that was carried out, and by which run. */
    writes,
    attempt,
    pass: (milliseconds: number) => waitUntil(clock.now() + milliseconds),
    /** An attempt that may be stopped. */
    async stopped(name: string, minutes: number, fortune: Fortune): Promise<void> {
      await attempt(name, minutes, fortune).catch((error: unknown) => {
        if (!(error instanceof Stopped)) throw error;
      });
    },
    async records() {
      const facts: Record<string, unknown>[] = [];
      for await (const { text: record } of readRecords(ledger, 'data-action-dates')) {
        const event = recordIn(record)?.event;
        facts.push({ run: event?.run?.split(':').at(-1), ...event?.facts });
      }
      return facts;
    },
    resultOf: async (name: string, minutes: number) =>
      resultOf(plannedUpdate({ offsetMinutes: minutes }), await readUpdate(ledger, runOf(name), 0)),
  };
}
