import { expect } from 'vitest';
import { interactionColumns } from '../../local/cxone/index.ts';
import { interactionLines, interactionNights, interactionWindow } from '../support/interaction-night.ts';
import { describeDeliveryCrashes } from './delivery-crashes.ts';

/** Records of this day are so long that a batch is full by its bytes; those of the other are many. */
const LONG = '2024-05-10';
const MANY = '2024-05-11';
const RECORDS = 500;
const BYTES = 1_000_000;

await describeDeliveryCrashes({
  ...interactionNights(
    // Every field that there is: nested ones, numbers beyond what a double holds, and the tags' JSON.
    { columns: interactionColumns, pageSize: 5_000 },
    {
      simulator: {
        scenarios: ['queue-wait:5', 'processing-time:2'],
        scenariosByDay: { [LONG]: ['interactions:900', 'new-fields:90'], [MANY]: ['interactions:1100'] },
      },
    },
  ),
  title: 'ALL-13 ANA-08 a receiver of interactions that loses one acknowledgement in five',
  input: { from: LONG, to: '2024-05-12' },
  webhook: { records: ['interactions'] },
  batches: 6,
  sample: 3,
  async expectHeld(night, receiver) {
    for (const [day, bounded] of [
      [LONG, 'bytes'],
      [MANY, 'records'],
    ] as const) {
      const { generation, delivery } = await interactionWindow(night, day);
      const lines = await interactionLines(night, day);
      // To the letter: the committed lines, in their order, once.
      expect(receiver.textsOf('interactions', day).join(',')).toBe(lines.join(','));
      expect(delivery).toMatchObject({ commit: 1, state: 'delivered', records: lines.length });
      const posts = receiver.posts.filter(({ message }) => message.day === day);
      expect(posts.every(({ message }) => message.generation === generation)).toBe(true);
      const [first] = posts;
      if (first === undefined) throw new Error(`Nothing of ${day} was sent.`);
      const full = bounded === 'bytes' ? Buffer.byteLength(first.body) : (first.message.count ?? 0);
      expect(full).toBeGreaterThan(bounded === 'bytes' ? BYTES - 10_000 : RECORDS - 1);
      for (const { body, message } of posts) {
        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(BYTES);
        expect(message.count).toBeLessThanOrEqual(RECORDS);
      }
    }
  },
});
