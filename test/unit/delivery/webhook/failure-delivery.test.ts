import { describe, expect, it } from 'vitest';
import type { DeadLetter } from '../../../../lambdas/delivery/webhook/deliver.ts';
import { deliverFailure, parseDeliveryInput } from '../../../../lambdas/delivery/webhook/failure-delivery.ts';
import type { Attempt } from '../../../../lambdas/delivery/webhook/post.ts';
import { DeliveryTally } from '../../../../lambdas/delivery/webhook/tally.ts';
import type { WebhookPorts } from '../../../../lambdas/delivery/webhook/window-delivery.ts';
import { isoInstant } from '../../../../lambdas/model/days.ts';
import type { ExecutionFacts } from '../../../../lambdas/model/ports.ts';
import { memoryObjectStore } from '../../../support/memory-object-store.ts';
import { memoryTable } from '../../../support/memory-table.ts';
import { runCalled, windowLedger } from '../../../support/window-ledger.ts';

const RUN = runCalled('night');
const TRIES = 4;

/** A receiver that answers as the test says, and an event of a run that failed as the ledger's clock stands. */
function prepare() {
  const { ledger, clock } = windowLedger(memoryTable());
  const posts: { id: string; body: string }[] = [];
  const letters: DeadLetter[] = [];
  const receiver = { attempt: { outcome: 'later', reason: 'HTTP 503' } as Attempt };
  const ports: WebhookPorts = {
    ledger,
    objects: memoryObjectStore(),
    receiver: {
      close: async () => undefined,
      post: async ({ id, body }) => {
        posts.push({ id, body: body.toString() });
        return receiver.attempt;
      },
    },
    deadLetters: { send: async (letter) => void letters.push(letter) },
    records: [],
    limits: { records: 500, bytes: 1_000_000 },
    tries: TRIES,
    random: () => 0.5,
    holder: 'delivery',
    timeLeft: () => true,
    tally: new DeliveryTally(),
  };
  const endedAt = clock.now();
  const failed: ExecutionFacts = {
    run: RUN,
    status: 'FAILED',
    startedAt: endedAt - 60_000,
    endedAt,
    input: '{}',
    redrives: 0,
    error: 'WindowsFailed',
  };
  const running: ExecutionFacts = {
    run: RUN,
    status: 'RUNNING',
    startedAt: failed.startedAt,
    input: '{}',
    redrives: 1,
  };
  const failure = parseDeliveryInput({
    source: 'aws.states',
    detail: {
      executionArn: RUN,
      stateMachineArn: 'arn:aws:states:eu-west-1:000000000000:stateMachine:cxone-export-acme-cdr-export',
      status: 'FAILED',
      stopDate: endedAt,
      redriveCount: 0,
    },
  });
  if (failure === undefined) throw new Error('The event tells of no failure.');
  const call = (execution: ExecutionFacts) => deliverFailure(ports, failure, execution);
  return { call, clock, receiver, posts, letters, failed, running, endedAt };
}

describe('the notice of a run that fails while the receiver is down, and is redriven', () => {
  it('ALL-13 is one delivery with one id and body, given up after its tries', async () => {
    const { call, clock, posts, letters, failed, running, endedAt } = prepare();
    let progress = await call(failed);

    while (progress.outcome === 'again') {
      clock.set(progress.at);
      progress = await call(running);
    }

    expect(progress).toEqual({ outcome: 'done', delivered: 0, dead: 1 });
    expect(posts).toHaveLength(TRIES);
    expect(new Set(posts.map(({ id, body }) => `${id} ${body}`)).size).toBe(1);
    expect(JSON.parse(posts[0]?.body ?? '')).toMatchObject({
      endedAt: isoInstant(endedAt),
      error: { name: 'WindowsFailed' },
    });
    expect(letters).toHaveLength(1);
  });

  it('ALL-13 is the same notice where the receiver is back after the redrive, and none where the event comes again', async () => {
    const { call, clock, receiver, posts, failed, running } = prepare();
    const first = await call(failed);
    clock.set(first.outcome === 'again' ? first.at : 0);
    receiver.attempt = { outcome: 'delivered' };

    const then = await call(running);
    const repeated = await call({ ...running, status: 'SUCCEEDED' });

    expect(then).toEqual({ outcome: 'done', delivered: 1, dead: 0 });
    expect(repeated.outcome).toBe('done');
    expect(posts.map(({ id }) => id)).toEqual([posts[0]?.id, posts[0]?.id]);
  });

  it.each(['RUNNING', 'SUCCEEDED'] as const)(
    'ALL-13 is not sent where nothing was said before the redrive, and the run is %s',
    async (status) => {
      const { call, receiver, posts, running } = prepare();
      receiver.attempt = { outcome: 'delivered' };

      const progress = await call({ ...running, status });

      expect([progress, posts]).toEqual([{ outcome: 'done', delivered: 0, dead: 0 }, []]);
    },
  );
});
