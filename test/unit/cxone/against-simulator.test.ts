import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { type Connection, connectDataDownload, tokenPorts } from '../../../lambdas/cxone/connection.ts';
import type { DataDownload, OpenedPart } from '../../../lambdas/cxone/data-download.ts';
import { requestUuid } from '../../../lambdas/cxone/idempotency-key.ts';
import { completeFiles, type JobFile } from '../../../lambdas/cxone/job-status.ts';
import { Secret } from '../../../lambdas/cxone/secret.ts';
import { obtainToken } from '../../../lambdas/cxone/tokens.ts';
import type { CallReport } from '../../../lambdas/cxone/transport.ts';
import { Day } from '../../../lambdas/model/days.ts';
import { resolveFamily } from '../../../lambdas/model/families.ts';
import { DatasetId, type JobId, TenantId } from '../../../lambdas/model/ids.ts';
import { DEFAULT_CDR_COLUMNS } from '../../../lambdas/model/pipelines.ts';
import { type Simulator, startSimulator, usualCredentials } from '../../../local/cxone/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { thrownBy } from '../../support/thrown.ts';
import { testCipher } from '../../support/token-cipher.ts';

const TENANT = TenantId.parse('acme');
const DAY = Day.parse('2026-02-28');
const REQUEST = { reportId: 'default', day: DAY, columns: DEFAULT_CDR_COLUMNS, format: 'csv' } as const;

const started: Simulator[] = [];
afterEach(async () => {
  for (const simulator of started.splice(0)) await simulator.stop();
});

async function prepare(scenarios: readonly string[], { allowForeign = true } = {}) {
  const clock = fakeClock('2026-03-01T10:00:00.000Z');
  const simulator = await startSimulator({ scenarios, rows: 300, parts: 2, clock });
  started.push(simulator);
  const reports: CallReport[] = [];
  const connection: Connection = {
    tenant: TENANT,
    family: resolveFamily('dataDownload', simulator.url, {
      downloadHosts: allowForeign ? [new URL(simulator.downloadUrl).host] : [],
    }),
    table: memoryTable(),
    cipher: testCipher,
    clock,
    random: () => 0.5,
    headers: () => ({ 'x-simulated-time': new Date(clock.now()).toISOString() }),
    onCall: (report) => reports.push(report),
  };
  const { clientId, clientSecret } = usualCredentials;
  const ports = tokenPorts(connection, async () => ({ clientId, clientSecret: new Secret(clientSecret) }));
  const token = () => obtainToken({ tenant: TENANT, family: 'dataDownload' }, ports);
  const cxone = connectDataDownload(connection, { renewed: false, throttles: 0 });
  const submit = (attempt = 1) =>
    cxone.submit(
      REQUEST,
      requestUuid({
        tenant: TENANT,
        dataset: DatasetId.parse('cdr'),
        ...REQUEST,
        filters: undefined,
        attempt,
      }),
    );
  const files = async (job: JobId): Promise<JobFile[]> => {
    for (let poll = 0; poll < 20; poll += 1) {
      clock.set(clock.now() + 60_000);
      await token();
      const list = completeFiles(await cxone.status(job));
      if (list.complete) return list.files;
    }
    throw new Error('The job did not come to its end.');
  };
  return { clock, simulator, reports, connection, cxone, token, submit, files };
}

async function received(cxone: DataDownload, file: JobFile, range?: { from: number }) {
  const opened: OpenedPart = await cxone.openPart(file, range);
  return { opened, bytes: await buffer(opened.body) };
}

describe('the client and the simulator of the API notes', () => {
  it.each([
    ['normal'],
    ['absolute-urls'],
    ['foreign-host'],
    ['early-completed'],
    ['files-grow'],
    ['files-out-of-order'],
    ['states-out-of-order'],
    ['unknown-status'],
    ['token-short-life'],
  ])('CDR-04 CDR-07 in scenario %s receive every part as announced', async (scenario) => {
    const { cxone, simulator, token, submit, files } = await prepare([scenario]);
    await token();
    const job = await submit();
    const listed = await files(job);

    const parts = await Promise.all(listed.map((file) => received(cxone, file)));

    const told = parts.map(({ bytes }) => [bytes.length, createHash('sha256').update(bytes).digest('hex')]);
    expect(told).toEqual(listed.map(({ bytes, sha256 }) => [bytes, sha256]));
    expect(simulator.violations).toEqual([]);
  });

  it('CDR-02 lose a reply to the POST, and get the same job again', async () => {
    const { simulator, token, submit } = await prepare(['lost-reply']);
    await token();
    const lost = await thrownBy(submit());

    const job = await submit();

    expect([lost.name, simulator.jobs.map(({ requestId }) => requestId)]).toEqual(['ConnectionLost', [job]]);
  });

  it('CDR-02 get another job for another attempt', async () => {
    const { simulator, token, submit } = await prepare([]);
    await token();

    const jobs = [await submit(1), await submit(1), await submit(2)];

    expect([jobs[0] === jobs[1], jobs[0] === jobs[2], simulator.jobs.length]).toEqual([true, false, 2]);
  });

  it.each([
    ['normal', 100],
    ['no-range', 0],
  ])('CDR-07 in scenario %s go on from byte 100 at byte %i', async (scenario, offset) => {
    const { cxone, token, submit, files } = await prepare([scenario]);
    await token();
    const [first] = await files(await submit());
    if (!first) throw new Error('There is no part.');
    const whole = await received(cxone, first);

    const rest = await received(cxone, first, { from: 100 });

    expect([rest.opened.offset, rest.bytes.equals(whole.bytes.subarray(offset))]).toEqual([offset, true]);
  });

  it('CDR-07 refuse a foreign host that is not in the configuration', async () => {
    const { cxone, token, submit, files } = await prepare(['foreign-host'], { allowForeign: false });
    await token();
    const [first] = await files(await submit());
    if (!first) throw new Error('There is no part.');

    const error = await thrownBy(cxone.openPart(first));

    expect(error.name).toBe('CallbackRefused');
  });

  it.each([
    ['scope-missing:data:download:write', 'ScopeMissing'],
    ['token-always-rejected', 'TokenRejected'],
    ['throttle-seconds', 'Throttled'],
    ['throttle-date', 'Throttled'],
    ['throttle-silent', 'Throttled'],
    ['throttle-long', 'ThrottledTooLong'],
    ['server-errors', 'ServerFault'],
    ['html-errors', 'ServerFault'],
    ['reset', 'ConnectionLost'],
  ])('ALL-10 name scenario %s %s', async (scenario, name) => {
    const { token, submit, reports } = await prepare([scenario]);
    await token();

    const error = await thrownBy(submit());

    expect([error.name, reports.at(-1)?.error]).toEqual([name, name]);
    expect(`${error.stack}${JSON.stringify(reports)}`).not.toContain(usualCredentials.clientSecret);
  });

  it.each([
    ['blocked', 'ClientBlocked'],
    ['job-expired', 'JobExpired'],
  ])('ALL-10 name scenario %s %s when they ask for the status', async (scenario, name) => {
    const { clock, cxone, token, submit } = await prepare([scenario]);
    await token();
    const job = await submit();
    const poll = () => {
      clock.set(clock.now() + 30_000);
      return cxone.status(job);
    };

    const error = await thrownBy((async () => [await poll(), await poll()])());

    expect(error.name).toBe(name);
  });

  it.each([
    ['part-not-ready', 'PartNotReady'],
    ['short-body', 'ConnectionLost'],
  ])('ALL-10 name scenario %s %s when they fetch a part, and then get it whole', async (scenario, name) => {
    const { cxone, token, submit, files } = await prepare([scenario]);
    await token();
    const [first] = await files(await submit());
    if (!first) throw new Error('There is no part.');
    const error = await thrownBy(received(cxone, first));

    const { bytes } = await received(cxone, first);

    expect([error.name, bytes.length]).toEqual([name, first.bytes]);
  });

  it.each([
    ['token-throttled', 'Throttled'],
    ['token-endpoint-errors', 'ServerFault'],
  ])('ALL-10 name scenario %s %s when they ask for a token', async (scenario, name) => {
    const { token } = await prepare([scenario]);

    const error = await thrownBy(token());

    expect(error.name).toBe(name);
  });
});
