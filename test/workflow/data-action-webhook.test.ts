import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { actionName } from '../../local/cxone/data/action-text.ts';
import { anHour, numbers, prepareActionNights, resultsOf } from '../support/action-night.ts';
import { openReceiver } from '../support/webhook-receiver.ts';

const receiver = await openReceiver();
const webhook = {
  url: receiver.url,
  certificateAuthority: receiver.certificateAuthority,
  networks: ['127.0.0.0/8'],
  tries: 2,
};
const byRun = await prepareActionNights({ webhook });
const byItem = await prepareActionNights({ webhook, settings: { webhook: 'item', batchSize: 2 } });

afterAll(async () => {
  await byRun.close();
  await byItem.close();
  await receiver.close();
});
afterEach(() => receiver.answer((_, response) => response.writeHead(204).end()));

describe('the webhook of data-action-dates', () => {
  it('ACT-07 ALL-13 is told once of a run, with its sums and where its results are', async () => {
    const night = await byRun.open();
    const before = receiver.posts.length;

    const ended = await night.run({ updates: numbers(1, 3).map((number) => anHour(number)) });

    const posts = receiver.posts.slice(before);
    expect(ended.status).toBe('SUCCEEDED');
    expect(posts.map(({ message }) => message)).toMatchObject([
      {
        type: 'dataActionsUpdated',
        pipeline: 'data-action-dates',
        run: ended.run,
        updates: { updated: 3, failed: 0 },
        resultsKey: expect.stringMatching(/results\.jsonl$/),
      },
    ]);
    expect(receiver.unverified).toBe(0);
    await night.close();
  });

  it('ACT-07 ALL-13 is told of each update by itself where that is configured, and the result says so', async () => {
    const night = await byItem.open();
    const before = receiver.posts.length;

    const ended = await night.run({ updates: numbers(1, 3).map((number) => anHour(number)) });

    const posts = receiver.posts.slice(before);
    const told = posts.flatMap(({ message }) => message.records ?? []);
    expect(ended.status).toBe('SUCCEEDED');
    expect(posts.every(({ message }) => message.type === 'dataActionUpdated' && message.count === 1)).toBe(
      true,
    );
    expect(told.map(({ action }) => action).toSorted()).toEqual(numbers(1, 3).map(actionName));
    expect(told[0]).toMatchObject({ outcome: 'updated', computedValue: '2024-03-10T07:30:00.000Z' });
    expect(new Set(posts.map(({ message }) => message.delivery)).size).toBe(3);
    expect((await resultsOf(night, ended)).map((result) => result.webhook)).toEqual(
      Array(3).fill('delivered'),
    );
    await night.close();
  });

  it('ALL-13 that refuses one message is told of the others of its batch', async () => {
    const night = await byItem.open();
    receiver.answer((post, response) =>
      response.writeHead(post.message.records?.[0]?.action === actionName(6) ? 400 : 204).end(),
    );

    const ended = await night.run({ updates: [anHour(6), anHour(7)] });

    expect(ended.status).toBe('SUCCEEDED');
    expect((await resultsOf(night, ended)).map((result) => result.webhook)).toEqual(['dead', 'delivered']);
    await night.close();
  });

  it('ALL-13 that cannot be reached fails no update: its message is a dead letter, and the result says so', async () => {
    const night = await byItem.open();
    receiver.answer((_, response) => response.writeHead(500).end());

    const ended = await night.run({ updates: [anHour(5)] });

    expect(ended.status).toBe('SUCCEEDED');
    expect((await resultsOf(night, ended))[0]).toMatchObject({ outcome: 'updated', webhook: 'dead' });
    await night.close();
  });
});
