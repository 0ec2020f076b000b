import { afterAll, describe, expect, it } from 'vitest';
import {
  interactionLines,
  interactionNights,
  interactionWindow,
  SMALL_DAYS,
} from '../support/interaction-night.ts';
import { prepareNights } from '../support/night.ts';
import {
  QUEUES,
  reportLines,
  reportNights,
  reportSettings,
  reportWindow,
  SKILLS,
} from '../support/report-night.ts';
import { openReceiver } from '../support/webhook-receiver.ts';

const DAY_MILLISECONDS = 86_400_000;

const receiver = await openReceiver();
const webhook = {
  url: receiver.url,
  certificateAuthority: receiver.certificateAuthority,
  networks: ['127.0.0.0/8'],
};
const reports = await prepareNights({
  ...reportNights([reportSettings(SKILLS), reportSettings(QUEUES)]),
  webhook: { ...webhook, records: [SKILLS], batchRecords: 50 },
});
const interactions = await prepareNights({
  ...interactionNights({ restateDays: 1 }),
  webhook: { ...webhook, records: ['interactions'], batchRecords: 25 },
});

afterAll(async () => {
  await reports.close();
  await interactions.close();
  await receiver.close();
});

/** What was said of a day's commits, without the batches. */
const saidOf = (dataset: string, day: string) =>
  receiver.posts.flatMap(({ message }) =>
    message.dataset === dataset && message.day === day && message.batch === 1 ? [message] : [],
  );

describe('the records of other datasets', () => {
  it('ANA-08 ALL-13 of reports are sent where they are named; of the others the notice alone', async () => {
    const night = await reports.open();
    const day = night.day();

    const { status } = await night.run();

    expect(status).toBe('SUCCEEDED');
    const lines = await reportLines(night, SKILLS, day);
    expect(lines.length).toBeGreaterThan(50);
    expect(receiver.textsOf(SKILLS, day).join(',')).toBe(lines.join(','));
    const { generation } = await reportWindow(night, SKILLS, day);
    expect(saidOf(SKILLS, day)).toMatchObject([
      { type: 'records', commit: 1, generation, replaces: null, batches: Math.ceil(lines.length / 50) },
    ]);
    expect(saidOf(QUEUES, day)).toMatchObject([{ type: 'committed', commit: 1, batches: 1 }]);
    await night.close();
  });

  it('ANA-08 REP-01 of a restated day replace those that were sent, by the generation that they name; of an unchanged day nothing comes', async () => {
    const night = await reports.open();
    const [changed] = [night.day()];
    await night.run();
    const before = await reportWindow(night, SKILLS, changed);
    await night.pass(DAY_MILLISECONDS);
    await night.run();
    const unchanged = saidOf(SKILLS, changed).length;
    night.simulator.use(['report-revised']);
    await night.pass(DAY_MILLISECONDS);

    const { status } = await night.run();

    const after = await reportWindow(night, SKILLS, changed);
    expect(status).toBe('SUCCEEDED');
    expect(unchanged, 'the second night read the day again and found it as it was').toBe(1);
    expect(after.generation).not.toBe(before.generation);
    expect(saidOf(SKILLS, changed)).toMatchObject([
      { commit: 1, generation: before.generation, replaces: null },
      { commit: 2, generation: after.generation, replaces: before.generation },
    ]);
    const lines = await reportLines(night, SKILLS, changed);
    expect(receiver.textsOf(SKILLS, changed).join(',')).toBe(lines.join(','));
    await night.close();
  });

  it('ANA-08 of a restated day of interactions replace those that were sent, to the letter', async () => {
    const night = await interactions.open({ scenarios: [SMALL_DAYS] });
    const day = night.day();
    await night.run();
    const before = await interactionWindow(night, day);
    night.simulator.use([SMALL_DAYS, 'interactions-outdated:7', 'new-fields:2']);
    await night.pass(DAY_MILLISECONDS);

    const { status } = await night.run();

    const after = await interactionWindow(night, day);
    expect(status).toBe('SUCCEEDED');
    expect(after.generation).not.toBe(before.generation);
    expect(saidOf('interactions', day)).toMatchObject([
      { commit: 1, generation: before.generation, replaces: null, count: 25, batches: 3 },
      { commit: 2, generation: after.generation, replaces: before.generation },
    ]);
    const lines = await interactionLines(night, day);
    expect(receiver.textsOf('interactions', day).join(',')).toBe(lines.join(','));
    expect(lines.every((line) => line.includes('added.field1'))).toBe(true);
    await night.close();
  });
});
