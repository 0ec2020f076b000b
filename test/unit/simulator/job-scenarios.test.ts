import { createHash } from 'node:crypto';
import { describe, expect } from 'vitest';
import { jobScenarios } from '../../../local/cxone/scenarios/job-scenarios.ts';
import { shownScenarios } from './shown-scenarios.ts';
import { open, type SimulatorClient, submission, type ToldJob } from './simulator-client.ts';

const { shows, all } = shownScenarios(jobScenarios);

async function submittedUnder(...scenarios: string[]) {
  const { client, simulator } = await open({ rows: 30, scenarios });
  await client.authorise();
  return { client, simulator, requestId: await client.submit() };
}

async function polls(client: SimulatorClient, requestId: string, times: number): Promise<ToldJob[]> {
  const told: ToldJob[] = [];
  for (let poll = 0; poll < times; poll += 1) told.push(await client.wait(15).status(requestId));
  return told;
}

describe('job scenarios', () => {
  shows('normal', 'goes straight to its files', async () => {
    const { client, requestId } = await submittedUnder('normal');

    const told = await polls(client, requestId, 4);

    expect(told.map((job) => [job.status, job.files?.length])).toEqual([
      ['PENDING', undefined],
      ['PROCESSING', undefined],
      ['PROCESSING', undefined],
      ['COMPLETED', 3],
    ]);
  });

  shows('queue-wait', 'keeps the job PENDING', async () => {
    const { client, requestId } = await submittedUnder('queue-wait:3000');

    const late = await client.wait(2999).status(requestId);
    const later = await client.wait(41).status(requestId);

    expect([late.status, later.status]).toEqual(['PENDING', 'COMPLETED']);
  });

  shows('processing-time', 'keeps the job PROCESSING', async () => {
    const { client, requestId } = await submittedUnder('processing-time:3000');

    const late = await client.wait(3019).status(requestId);
    const later = await client.wait(15).status(requestId);

    expect([late.status, later.status]).toEqual(['PROCESSING', 'COMPLETED']);
  });

  shows('states-out-of-order', 'skips PENDING and falls back to it', async () => {
    const { client, requestId } = await submittedUnder('states-out-of-order');

    const told = await polls(client, requestId, 4);

    expect(told.map((job) => job.status)).toEqual(['PROCESSING', 'PENDING', 'PROCESSING', 'COMPLETED']);
  });

  shows('unknown-status', 'tells statuses that nobody knows', async () => {
    const { client, requestId } = await submittedUnder('unknown-status');

    const told = await polls(client, requestId, 4);

    expect(told.map((job) => job.status)).toEqual(['VALIDATING', 'ARCHIVING', 'PROCESSING', 'COMPLETED']);
  });

  shows(
    'early-completed',
    'is COMPLETED without files, with a gap, with a size of 0, then right',
    async () => {
      const { client, requestId } = await submittedUnder('early-completed');
      client.wait(45);

      const told = await polls(client, requestId, 4);

      expect(told.map((job) => job.status)).toEqual(Array.from({ length: 4 }, () => 'COMPLETED'));
      expect(told.map((job) => job.files?.map((file) => file.fileName.slice(-7, -4)))).toEqual([
        undefined,
        ['002', '003'],
        ['001', '002', '003'],
        ['001', '002', '003'],
      ]);
      expect(told.map((job) => job.files?.every((file) => file.fileSize > 0))).toEqual([
        undefined,
        true,
        false,
        true,
      ]);
      expect(told.map((job) => job.recordCount)).toEqual([undefined, undefined, undefined, 30]);
    },
  );

  shows('files-grow', 'lists one file more from poll to poll', async () => {
    const { client, requestId } = await submittedUnder('files-grow:2');
    client.wait(45);

    const told = await polls(client, requestId, 4);

    expect(told.map((job) => job.files?.length)).toEqual([1, 2, 3, 3]);
  });

  shows('files-out-of-order', 'lists the last part first', async () => {
    const { client } = await open({ rows: 30, scenarios: ['files-out-of-order'] });

    const job = await client.finished();

    expect(job.files?.map((file) => file.downloadUrl.slice(-6))).toEqual(['part=3', 'part=2', 'part=1']);
  });

  shows('job-failed', 'fails the first job and not the next', async () => {
    const { client, requestId } = await submittedUnder('job-failed');
    const second = await client.submit();

    const failed = await client.wait(60).status(requestId);
    const completed = await client.status(second);

    expect([failed.status, failed.errorCode, failed.files]).toEqual(['FAILED', 'EXPORT_FAILED', undefined]);
    expect(completed.status).toBe('COMPLETED');
  });

  shows('job-always-failed', 'fails every job', async () => {
    const { client } = await open({ scenarios: ['job-always-failed'] });

    const told = [await client.finished(), await client.finished(), await client.finished()];

    expect(told.map((job) => job.status)).toEqual(['FAILED', 'FAILED', 'FAILED']);
  });

  shows(
    'export-too-large',
    'fails with INTERNAL_SERVER_ERROR after 15 minutes from so many columns on',
    async () => {
      const { client, requestId } = await submittedUnder('export-too-large:5');
      const few = await client.submit({ columns: ['CallId', 'StartTime'] });

      const before = await client.wait(899).status(requestId);
      const after = await client.wait(15).status(requestId);

      expect(before.status).toBe('PROCESSING');
      expect([after.status, after.errorCode]).toEqual(['FAILED', 'INTERNAL_SERVER_ERROR']);
      expect(Date.parse(after.completedAt ?? '') - Date.parse(after.createdAt)).toBe(900_000);
      expect((await client.status(few)).status).toBe('COMPLETED');
    },
  );

  shows('job-expired', 'forgets the first job after its first poll', async () => {
    const { client, requestId, simulator } = await submittedUnder('job-expired');
    const second = await client.submit();
    const known = await client.statusReply(requestId);

    const gone = await client.wait(15).statusReply(requestId);
    const other = [await client.statusReply(second), await client.wait(15).statusReply(second)];

    expect([known.status, gone.status]).toEqual([200, 404]);
    expect(other.map((reply) => reply.status)).toEqual([200, 200]);
    expect(simulator.jobs.map((job) => job.status)).toEqual(['EXPIRED', 'PROCESSING']);
  });

  shows('part-not-ready', 'answers 404 to the first downloads of each part', async () => {
    const { client } = await open({ rows: 30, scenarios: ['part-not-ready:2'] });
    const job = await client.finished();
    const statuses: number[][] = [];

    for (const file of job.files ?? []) {
      const replies = [await client.get(file.downloadUrl), await client.get(file.downloadUrl)];
      statuses.push([...replies, await client.get(file.downloadUrl)].map((reply) => reply.status));
    }

    expect(statuses).toEqual(Array.from({ length: 3 }, () => [404, 404, 200]));
  });

  shows('absolute-urls', 'gives whole addresses on the same origin', async () => {
    const { client, simulator } = await open({ rows: 30, scenarios: ['absolute-urls'] });

    const job = await client.finished();

    expect(job.files?.every((file) => new URL(file.downloadUrl).origin === simulator.url)).toBe(true);
    expect((await client.parts(job)).map((part) => part.length)).toEqual(
      job.files?.map((file) => file.fileSize),
    );
  });

  shows('foreign-host', 'gives addresses on another origin, needs no token there and notes one', async () => {
    const { client, simulator } = await open({ rows: 30, scenarios: ['foreign-host'] });
    const job = await client.finished();
    const addresses = (job.files ?? []).map((file) => file.downloadUrl);

    const bare = await client.send(addresses[0] ?? '');
    const clean = [...simulator.violations];
    const careless = await client.get(addresses[1] ?? '');

    expect(addresses.every((address) => new URL(address).origin === simulator.downloadUrl)).toBe(true);
    expect(simulator.downloadUrl).not.toBe(simulator.url);
    expect(createHash('sha256').update(bare.bytes).digest('hex')).toBe(job.files?.[0]?.sha256);
    expect(
      simulator.calls.slice(-2).map((call) => [call.host, call.kind, call.bearer !== undefined]),
    ).toEqual([
      ['foreign', 'download', false],
      ['foreign', 'download', true],
    ]);
    expect(clean).toEqual([]);
    expect([careless.status, simulator.violations.map((violation) => violation.rule)]).toEqual([
      200,
      ['bearer-on-foreign-host'],
    ]);
  });

  shows('record-count-wrong', 'counts too many records everywhere', async () => {
    const { client } = await open({ rows: 30, scenarios: ['record-count-wrong:2'] });

    const job = await client.finished();

    expect([job.recordCount, job.files?.map((file) => file.recordCount)]).toEqual([32, [12, 12, 12]]);
  });

  shows('no-range', 'sends the whole part with 200', async () => {
    const { client } = await open({ rows: 30, scenarios: ['no-range'] });
    const job = await client.finished();

    const reply = await client.get(job.files?.[0]?.downloadUrl ?? '', { range: 'bytes=10-' });

    expect([reply.status, reply.bytes.length]).toEqual([200, job.files?.[0]?.fileSize]);
    expect(reply.headers.get('accept-ranges')).toBeNull();
  });

  shows('no-sha256', 'gives no digest', async () => {
    const { client } = await open({ rows: 30, scenarios: ['no-sha256'] });

    const job = await client.finished();

    expect(job.files?.map((file) => [file.sha256, file.recordCount])).toEqual(
      Array.from({ length: 3 }, () => [undefined, 10]),
    );
  });

  shows('no-record-count', 'gives no count', async () => {
    const { client } = await open({ rows: 30, scenarios: ['no-record-count'] });

    const job = await client.finished();

    expect([job.recordCount, ...(job.files ?? []).map((file) => file.recordCount)]).toEqual(
      Array.from({ length: 4 }, () => undefined),
    );
  });

  shows(
    'job-failed',
    'counts jobs anew when the scenarios are chosen again, and leaves old jobs theirs',
    async () => {
      const { client, simulator, requestId } = await submittedUnder('job-failed');

      simulator.use(['job-failed', 'rows:6']);
      const next = await client.submit({}, '0b1f7c1e-5d52-4b9e-8d5c-6a1f4f6d2c11');

      const told = [await client.wait(60).status(requestId), await client.status(next)];
      expect(told.map((job) => job.status)).toEqual(['FAILED', 'FAILED']);
      expect((await client.submitReply(submission())).status).toBe(201);
    },
  );

  all();
});
