import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { AuthorizedCall, AuthorizedCalls } from '../../../lambdas/cxone/authorized-calls.ts';
import { createReporting, type ReportPageRequest } from '../../../lambdas/cxone/reporting.ts';
import { type CataloguedError, catalogued } from '../../../lambdas/model/errors.ts';
import { resolveFamily } from '../../../lambdas/model/families.ts';
import { ReportParameters } from '../../../lambdas/model/reports.ts';
import { thrownBy } from '../../support/thrown.ts';

const FAMILY = resolveFamily('reporting', 'https://api.example.com');
const REQUEST: ReportPageRequest = {
  reportId: 'RPT-7',
  from: Date.parse('2024-05-15T00:00:00.000Z'),
  to: Date.parse('2024-05-16T00:00:00.000Z'),
  parameters: { interval: 'hourly' },
  pageSize: 500,
};

/** A client whose calls are answered with a body, or with an error. */
function prepare(answer: string | Buffer | CataloguedError, status = 200) {
  const made: AuthorizedCall[] = [];
  const calls: AuthorizedCalls = {
    json: () => Promise.reject(new Error('Reports are not parsed by the transport.')),
    async open(call) {
      made.push(call);
      if (answer instanceof Error) throw answer;
      const body = Readable.from([Buffer.from(answer)]);
      return { status, requestId: 'req-1', header: () => undefined, body };
    },
  };
  return { made, reporting: createReporting(FAMILY, calls) };
}

const refused = (name: 'RequestRefused' | 'NotFound' | 'ServerFault') =>
  catalogued(name, 'CXone says no.', { requestId: 'req-2' });

describe('the reporting API', () => {
  it('REP-02 is asked for a page of a half-open range, by cursor', async () => {
    const { made, reporting } = prepare('{"data":[],"nextPageToken":null,"totalRecords":0}');

    await reporting.page({ ...REQUEST, cursor: 'page-2' });

    expect(made.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST https://api.example.com/v2/reports/execute',
    ]);
    expect(JSON.parse(made[0]?.body ?? '')).toEqual({
      reportId: 'RPT-7',
      parameters: {
        interval: 'hourly',
        startDate: '2024-05-15T00:00:00.000Z',
        endDate: '2024-05-16T00:00:00.000Z',
        timezone: 'UTC',
      },
      format: 'JSON',
      pageSize: 500,
      nextPageToken: 'page-2',
    });
  });

  it('REP-07 is asked in UTC, whatever the parameters say', async () => {
    const { made, reporting } = prepare('{"data":[],"nextPageToken":null}');
    const parameters = { timezone: 'Europe/Berlin', startDate: '2020-01-01T00:00:00Z' };

    await reporting.page({ ...REQUEST, parameters });

    expect(JSON.parse(made[0]?.body ?? '').parameters).toMatchObject({
      timezone: 'UTC',
      startDate: '2024-05-15T00:00:00.000Z',
    });
    expect(ReportParameters.safeParse(parameters).success).toBe(false);
  });

  it('REP-09 gives records as the texts that came: no number is read and written again', async () => {
    const record = '{"id":12345678901234567890.10,"a":"\\ud800","__proto__":1}';
    const { reporting } = prepare(`{"data":[${record}],"nextPageToken":"next","totalRecords":2}`);

    const page = await reporting.page(REQUEST);

    expect(page).toMatchObject({ records: [record], nextPageToken: 'next', totalRecords: 2 });
    expect(page.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['a page of HTML', '<html>busy</html>'],
    ['a body that ends too early', '{"data":[{"a":1},'],
    ['no data', '{"rows":[]}'],
  ])('ALL-09 takes %s for no page, and names the request id', async (_, body) => {
    const { reporting } = prepare(body);

    const error = await thrownBy(reporting.page(REQUEST));

    expect([error.name, error.message]).toEqual([
      'PageMalformed',
      expect.stringContaining('requestId=req-1'),
    ]);
  });

  it.each(['RequestRefused', 'NotFound'] as const)(
    'REP-03 takes %s with a cursor for a cursor that is forgotten',
    async (name) => {
      const { reporting } = prepare(refused(name));

      const [first, later] = [
        await thrownBy(reporting.page(REQUEST)),
        await thrownBy(reporting.page({ ...REQUEST, cursor: 'page-2' })),
      ];

      expect([first.name, later.name]).toEqual([name, 'CursorRefused']);
    },
  );

  it('ALL-09 leaves faults to whoever calls, and follows no redirect', async () => {
    const fault = await thrownBy(prepare(refused('ServerFault')).reporting.page({ ...REQUEST, cursor: 'c' }));
    const redirected = await thrownBy(prepare('', 302).reporting.page(REQUEST));

    expect([fault.name, redirected.name]).toEqual(['ServerFault', 'CallbackRefused']);
  });
});
