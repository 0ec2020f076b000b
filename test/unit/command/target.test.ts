import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { timeTowards } from '../../../local/command/target.ts';
import { type Simulator, startSimulator } from '../../../local/cxone/index.ts';
import { json, openServer, type TestServer } from '../../support/http-server.ts';

let simulator: Simulator;
let server: TestServer;
beforeAll(async () => {
  simulator = await startSimulator();
  server = await openServer();
});
afterAll(async () => {
  await simulator.stop();
  await server.close();
});

describe('time towards a target', () => {
  it.each([
    ['no', { skipWaits: false, tellTime: true }],
    ['simulator', { skipWaits: true, tellTime: true }],
    ['force', { skipWaits: true, tellTime: true }],
  ] as const)('OPS-06 towards our simulator, waits to be skipped: %s', async (wanted, expected) => {
    const time = await timeTowards(simulator.url, wanted);

    expect(time).toEqual(expected);
  });

  it.each([
    ['another name', { simulator: 'other', takesClock: true }],
    ['no clock taken', { simulator: 'cxone-export', takesClock: false }],
    ['an error', undefined],
  ])('OPS-06 refuses to skip waits towards %s, unless by force', async (_, body) => {
    server.answer((_request, response) =>
      body === undefined ? response.writeHead(404).end('{}') : json(response, 200, body),
    );

    const refused = await timeTowards(server.url, 'simulator').then(
      () => 'nothing was refused',
      (error: Error) => error.message,
    );
    const forced = await timeTowards(server.url, 'force');

    expect(refused).toMatch(/^Waits are not skipped towards/);
    expect(forced).toEqual({ skipWaits: true, tellTime: false });
  });

  it('OPS-06 does not follow a redirect to a simulator', async () => {
    server.answer((_, response) => response.writeHead(302, { location: `${simulator.url}/simulator` }).end());

    const refused = timeTowards(server.url, 'simulator');

    await expect(refused).rejects.toThrow(/^Waits are not skipped/);
  });

  it('asks nothing of a host elsewhere where waits take their time', async () => {
    const time = await timeTowards('https://cxone.example.invalid', 'no');

    expect(time).toEqual({ skipWaits: false, tellTime: false });
  });
});
