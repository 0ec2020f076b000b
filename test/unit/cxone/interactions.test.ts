import { afterAll, describe, expect, it } from 'vitest';
import { authorizedCalls } from '../../../lambdas/cxone/authorized-calls.ts';
import { dispatcherFor } from '../../../lambdas/cxone/dispatcher.ts';
import { createInteractions } from '../../../lambdas/cxone/interactions.ts';
import { fingerprintOf, Secret } from '../../../lambdas/cxone/secret.ts';
import { createTransport } from '../../../lambdas/cxone/transport.ts';
import { resolveFamily } from '../../../lambdas/model/families.ts';
import { InteractionId } from '../../../lambdas/model/interactions.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { openServer } from '../../support/http-server.ts';
import { thrownBy } from '../../support/thrown.ts';

const server = await openServer();
const FROM = Date.parse('2024-05-15T00:00:00.000Z');
const TO = Date.parse('2024-05-16T00:00:00.000Z');
const ID = InteractionId.parse('i/1');

function client() {
  const family = resolveFamily('interactions', server.url);
  const value = new Secret('tok-5f2c9a7be1d34c68a0b1');
  const token = { value, fingerprint: fingerprintOf(value), expiresAt: 0 };
  const discarded: string[] = [];
  const transport = createTransport(
    { family, throttles: 0 },
    {
      dispatcher: dispatcherFor(family.timeouts),
      limiter: { take: async () => undefined, pause: async () => undefined },
      clock: fakeClock('2024-05-16T03:30:00.000Z'),
      random: () => 0,
      headers: () => ({}),
      onCall: () => undefined,
    },
  );
  const tokens = {
    read: async () => token,
    discard: async (fingerprint: string) => {
      discarded.push(fingerprint);
    },
  };
  return { interactions: createInteractions(family, authorizedCalls(transport, tokens, false)), discarded };
}

const answer = (status: number, body: unknown) =>
  server.answer((_request, response) =>
    response
      .writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'r-1' })
      .end(typeof body === 'string' ? body : JSON.stringify(body)),
  );

describe('the client of the interactions API', () => {
  afterAll(() => server.close());

  it('ARC-01 asks for closed interactions of a half-open range, newest first, a hundred at a time', async () => {
    const { interactions } = client();
    answer(200, {
      data: [{ id: 'a', status: 'closed', updatedTime: '2024-05-15T10:00:00.000Z' }],
      pagination: { next_page: 'p-2' },
    });

    const page = await interactions.query({ from: FROM, to: TO }, 'p-1');

    const { method, path, body } = server.seen.at(-1) ?? { body: '{}' };
    expect([method, path]).toEqual(['POST', '/api/v2/interactions/query']);
    expect(JSON.parse(body)).toEqual({
      type: 'interaction',
      filter:
        'status:closed AND updatedTime>=2024-05-15T00:00:00.000Z AND updatedTime<2024-05-16T00:00:00.000Z',
      orderBy: 'updatedTime desc',
      pageSize: 100,
      pageToken: 'p-1',
    });
    expect(page).toEqual({
      interactions: [{ id: 'a', updatedAt: Date.parse('2024-05-15T10:00:00.000Z') }],
      nextPage: 'p-2',
    });
  });

  it('ARC-01 takes a page without a next one for the end of the list', async () => {
    const { interactions } = client();
    answer(200, { data: [], pagination: { next_page: null } });

    expect(await interactions.query({ from: FROM, to: TO })).toEqual({ interactions: [] });
  });

  it.each([
    [{ data: [], pagination: { next_page: '' } }],
    [{ data: [], pagination: {} }],
    [{ data: [], pagination: null }],
    [{ data: [] }],
  ])('ARC-01 does not take %j for it, which does not say so', async (page) => {
    const { interactions } = client();
    answer(200, page);

    const error = await thrownBy(interactions.query({ from: FROM, to: TO }));

    expect(error.name).toBe('ServerFault');
  });

  it('ARC-01 does not take a list that ignores the range', async () => {
    const { interactions } = client();
    answer(200, {
      data: [{ id: 'a', status: 'closed', updatedTime: '2024-05-16T00:00:00.000Z' }],
      pagination: { next_page: null },
    });

    const error = await thrownBy(interactions.query({ from: FROM, to: TO }));

    expect([error.name, error.message]).toEqual([
      'ServerFault',
      expect.stringContaining('outside the range'),
    ]);
  });

  it('ARC-01 does not take a list that is not sorted from the latest on', async () => {
    const { interactions } = client();
    answer(200, {
      data: ['09', '10'].map((hour) => ({ id: hour, updatedTime: `2024-05-15T${hour}:00:00.000Z` })),
      pagination: { next_page: null },
    });

    const error = await thrownBy(interactions.query({ from: FROM, to: TO }));

    expect([error.name, error.message]).toEqual([
      'ServerFault',
      expect.stringContaining('from the latest to the oldest'),
    ]);
  });

  it('ARC-03 gives details as they were written', async () => {
    const { interactions } = client();
    answer(200, '{"id":"i/1","n":12345678901234567890}');

    const text = await interactions.details(ID);

    expect(server.seen.at(-1)).toMatchObject({ method: 'GET', path: '/api/v2/interactions/i%2F1' });
    expect(text).toBe('{"id":"i/1","n":12345678901234567890}');
  });

  it('ARC-02 keeps the token when one interaction is restricted, with the request id in the error', async () => {
    const { interactions, discarded } = client();
    answer(403, { errorCode: 'RESTRICTED' });

    const restricted = await thrownBy(interactions.details(ID));
    const readOnly = await thrownBy(interactions.setField(ID, 'archival_status', 'archived'));
    const before = [...discarded];
    const scope = await thrownBy(interactions.query({ from: FROM, to: TO }));

    expect([restricted, readOnly, scope].map(({ name }) => name)).toEqual(Array(3).fill('ScopeMissing'));
    expect(restricted.facts.requestId).toBe('r-1');
    expect([before.length, discarded.length]).toEqual([0, 1]);
  });

  it.each([200, 204])('ARC-06 takes %d for a field that is set', async (status) => {
    const { interactions } = client();
    server.answer((_request, response) => response.writeHead(status).end());

    await interactions.setField(ID, 'archival_status', 'archived');

    expect(server.seen.at(-1)).toMatchObject({
      method: 'PUT',
      path: '/api/v2/interactions/i%2F1/custom-fields/archival_status',
      body: '{"value":"archived"}',
    });
  });
});
