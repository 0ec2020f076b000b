import { afterAll, describe, expect, it } from 'vitest';
import type { StoredNight } from '../support/night.ts';
import { openReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { type BenchOptions, openBench } from './crash-bench.ts';
import { crashesOf, wordsFor } from './crash-points.ts';

/** A pipeline whose process is killed around each batch that it sends. */
export interface CrashedDelivery extends Omit<BenchOptions, 'webhook' | 'receiver'> {
  title: string;
  /** Settings of the webhook besides where the receiver is. */
  webhook: Readonly<Record<string, unknown>>;
  /** Batches that a run sends in all. */
  batches: number;
  /** Batches that `npm test` draws. Default: all. */
  sample?: number;
  /** What the receiver has to hold after a clean run, and just so after every crash and recovery. */
  expectHeld(night: StoredNight, receiver: WebhookReceiver): Promise<void>;
}

/**
 * Declares a test for a run that nobody kills, and one for each batch around which it is killed: by `CXONE_EXPORT_CRASH=all` before and after,
 * started again and redriven; else each batch once. The receiver tells repetitions by their id and loses one acknowledgement in five.
 */
export async function describeDeliveryCrashes({ title, ...pipeline }: CrashedDelivery): Promise<void> {
  const receiver = await openReceiver();
  let posts = 0;
  receiver.answer((_, response) => {
    posts += 1;
    // The post itself has been taken in: what is lost on its way is the acknowledgement.
    if (posts % 5 === 0) response.destroy();
    else response.writeHead(204).end();
  });
  const { url, certificateAuthority } = receiver;
  const networks = ['127.0.0.0/8'];
  const webhook = { url, certificateAuthority, networks, ...pipeline.webhook };
  const bench = await openBench({ ...pipeline, webhook, receiver });
  const clean = await bench.runClean();
  const effects = clean.trace.effects.filter(({ request }) => request.startsWith('webhook '));
  // A repetition is no batch of its own, and comes where the acknowledgement before it was lost: not in every run.
  const firsts = new Map(effects.map((effect) => [effect.request, effect]));
  const once = [...firsts.values()].map((effect) => ({ ...effect, occurrence: 1 }));
  const crashes = crashesOf({ effects: once, states: [] }, pipeline.sample);

  describe(title, () => {
    afterAll(async () => {
      await bench.close();
      await receiver.close();
    });

    it('holds every record exactly once after a run that nobody kills', async () => {
      expect(clean.said.status).toBe('SUCCEEDED');
      expect(firsts.size).toBe(pipeline.batches);
      await pipeline.expectHeld(clean.stores.night, receiver);
    });

    it.each(crashes.map((crash) => ({ ...crash, words: wordsFor(crash.point) })))(
      'holds every record exactly once when the run is killed $words, then $action',
      async (crash) => {
        receiver.forget();

        const [run] = await bench.runKilled([crash]);
        const again = await run?.recover();

        expect(run?.killed, 'the process was killed at the point').toBeUndefined();
        expect(again?.status).toBe('SUCCEEDED');
        expect(receiver.unverified).toBe(0);
        if (run !== undefined) await pipeline.expectHeld(run.stores.night, receiver);
      },
    );
  });
}
