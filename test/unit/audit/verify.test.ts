import { describe, expect, it } from 'vitest';
import { appendAudit } from '../../../lambdas/audit/chain.ts';
import { verifyAudit } from '../../../lambdas/audit/verify.ts';
import { currentKey } from '../../../lambdas/lake/keys.ts';
import { auditEventKey } from '../../../lambdas/ledger/keys.ts';
import { recordedCommit } from '../../../lambdas/ledger/later-steps.ts';
import { Day } from '../../../lambdas/model/days.ts';
import { DatasetId } from '../../../lambdas/model/ids.ts';
import {
  AUDITED,
  emptyChain,
  eventCalled,
  LEDGER_CHAIN,
  PIPELINE,
  placesOf,
} from '../../support/audit-chain.ts';

const FIRST = Day.parse('2024-05-15');
const SECOND = Day.parse('2024-05-16');
const THIRD = Day.parse('2024-05-17');
const eventOf = (dataset: string, day: Day) => `window/${dataset}/${day}/1/generation`;

type Chain = ReturnType<typeof emptyChain>;

/** Has a commit of a window recorded, as the audit function does, and shown in the bucket. */
async function record(chain: Chain, dataset: DatasetId, day: Day): Promise<void> {
  const event = eventCalled(eventOf(dataset, day));
  const { sequence } = await appendAudit(chain, { pipeline: PIPELINE, event });
  await recordedCommit(chain.ledger, { dataset, day }, { pipeline: PIPELINE, sequence, text: 'owed' });
  await chain.objects.writeText(currentKey(AUDITED, dataset, day), '{}', 'application/json');
}

/** A chain of a record of call detail records and one of another dataset, of which the second is cut, and the head put back to the first. */
async function cutChain(dataset: DatasetId): Promise<Chain> {
  const chain = emptyChain();
  await record(chain, DatasetId.parse('cdr'), FIRST);
  const [head] = await Array.fromAsync(
    chain.table.query(LEDGER_CHAIN, { from: 'head', to: 'head' }),
    ({ sequence, digest, mac }) => ({ sequence, digest, mac }),
  );
  await record(chain, dataset, SECOND);
  chain.table.take(placesOf(2).item);
  chain.objects.objects.delete(placesOf(2).object);
  await chain.table.edit({ pk: LEDGER_CHAIN, sk: 'head' }, { ...head });
  return chain;
}

describe('verifying a chain whose tail is cut, and whose head is put back with its own MAC', () => {
  it('ALL-12 finds the cut by the note of the event that is gone', async () => {
    const chain = await cutChain(DatasetId.parse('cdr'));

    const { findings } = await verifyAudit(chain, PIPELINE, []);

    expect(findings).toEqual([
      expect.objectContaining({ record: 2, problem: 'tailCut', sentence: expect.stringContaining('event') }),
    ]);
  });

  it.each(['cdr', 'skill_performance'])(
    'ALL-12 finds the cut by the window of %s where the note is gone, without being told of the dataset',
    async (name) => {
      const dataset = DatasetId.parse(name);
      const chain = await cutChain(dataset);
      chain.table.take(auditEventKey(AUDITED, PIPELINE, eventOf(dataset, SECOND)));

      const { findings } = await verifyAudit(chain, PIPELINE, []);

      expect(findings).toEqual([
        expect.objectContaining({
          record: 2,
          problem: 'tailCut',
          sentence: `The window ${dataset} ${SECOND} has record 2; the chain ends with 1.`,
        }),
      ]);
    },
  );

  it.each(['note', 'window'])(
    'ALL-12 finds the record that took the place of one that was cut, by the %s that remembers it',
    async (witness) => {
      const chain = emptyChain();
      const dataset = DatasetId.parse('cdr');
      await record(chain, dataset, FIRST);
      await record(chain, dataset, THIRD);

      // What is left of the second record, after which the chain has gone on from the first.
      const left = { pipeline: PIPELINE, sequence: 2, text: 'owed' } as const;
      if (witness === 'window') await recordedCommit(chain.ledger, { dataset, day: SECOND }, left);
      else
        await chain.table.edit(auditEventKey(AUDITED, PIPELINE, eventOf('cdr', SECOND)), {
          from: 1,
          sequence: 2,
        });

      const { records, findings } = await verifyAudit(chain, PIPELINE, []);
      expect(records).toBe(2);
      expect(findings).toEqual([expect.objectContaining({ record: 2, problem: 'replaced' })]);
    },
  );
});

/** Verifies a chain while a window is committed and recorded, just before the n-th call. Tells whether there were as many calls. */
async function verifiedMeanwhile(at: number) {
  const chain = emptyChain();
  await record(chain, DatasetId.parse('cdr'), FIRST);
  let calls = 0;
  const before = async () => {
    if (calls++ === at) await record(chain, DatasetId.parse('cdr'), SECOND);
  };
  const called =
    <Given extends unknown[], Result>(call: (...given: Given) => Promise<Result>) =>
    async (...given: Given) => {
      await before();
      return call(...given);
    };
  const listed = <Given extends unknown[], Item>(list: (...given: Given) => AsyncIterable<Item>) =>
    async function* (...given: Given) {
      await before();
      for await (const item of list(...given)) {
        yield item;
        await before();
      }
    };
  const { table, objects } = chain;
  const verdict = await verifyAudit(
    {
      ...chain,
      ledger: { ...chain.ledger, table: { ...table, get: called(table.get), query: listed(table.query) } },
      objects: { ...objects, list: listed(objects.list), readText: called(objects.readText) },
    },
    PIPELINE,
    [],
  );
  return { verdict, reached: calls > at };
}

describe('verifying a chain that grows meanwhile', () => {
  it('ALL-12 finds nothing, whenever a window is committed', async () => {
    let at = 0;
    for (let reached = true; reached; at++) {
      const verified = await verifiedMeanwhile(at);
      expect(verified.verdict.findings, `before call ${at}`).toEqual([]);
      reached = verified.reached;
    }
    expect(at).toBeGreaterThan(10);
  });
});
