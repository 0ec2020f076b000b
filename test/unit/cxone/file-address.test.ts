import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { thrownBy } from '../../support/thrown.ts';
import { client, discarded, foreign, OWN_PART, own, part, SECRET } from './data-download-under-test.ts';

describe('where a part lies', () => {
  it.each([
    ['relative', () => 'api/part?part=1', '/api/part?part=1'],
    ['from the root', () => OWN_PART, OWN_PART],
    ['absolute on our origin', () => `${own.url}${OWN_PART}`, OWN_PART],
  ])('CDR-07 %s: is fetched with our token', async (_, address, path) => {
    own.answer((_, response) => response.writeHead(200).end('x'));

    const { body } = await client().openPart(part(address()));

    expect([await text(body), own.seen.at(-1)?.path, own.seen.at(-1)?.headers.authorization]).toEqual([
      'x',
      path,
      `Bearer ${SECRET}`,
    ]);
  });

  it.each([OWN_PART, `/gateway${OWN_PART}`])(
    'OPS-01 %s behind a base URL with a path: keeps the path',
    async (address) => {
      own.answer((_, response) => response.writeHead(200).end('x'));

      const { body } = await client({ baseUrl: `${own.url}/gateway` }).openPart(part(address));

      expect([await text(body), own.seen.at(-1)?.path]).toEqual(['x', `/gateway${OWN_PART}`]);
    },
  );

  it('CDR-07 on another host of ours: is fetched without our token', async () => {
    foreign.answer((_, response) => response.writeHead(200).end('x'));
    const host = new URL(foreign.url).host;

    const { body } = await client({ downloadHosts: [host] }).openPart(
      part(`${foreign.url}/f?part=1&sig=abc`),
    );

    expect([await text(body), foreign.seen.at(-1)?.path]).toEqual(['x', '/f?part=1&sig=abc']);
    expect(foreign.seen.at(-1)?.headers).not.toHaveProperty('authorization');
  });

  it.each([
    ['another host', () => `${foreign.url}/f`],
    ['another host without a scheme', () => `//${new URL(foreign.url).host}/f`],
    ['another host behind a backslash', () => `/\\${new URL(foreign.url).host}/f`],
    ['a user in it', () => `http://u:p@${new URL(own.url).host}/f`],
    ['plain http to another machine', () => 'http://files.example.com/f'],
    ['another scheme', () => 'file:///etc/passwd'],
    ['no address', () => 'http://'],
  ])('CDR-07 with %s: is refused and not called', async (_, address) => {
    const before = [own.seen.length, foreign.seen.length];

    const error = await thrownBy(client({ downloadHosts: ['files.example.com'] }).openPart(part(address())));

    expect([error.name, own.seen.length, foreign.seen.length]).toEqual(['CallbackRefused', ...before]);
  });

  it.each([401, 403, 404])('CDR-06 on another host that answers %i: is asked for anew', async (status) => {
    foreign.answer((_, response) => response.writeHead(status).end('<Error/>'));
    const host = new URL(foreign.url).host;

    const error = await thrownBy(client({ downloadHosts: [host] }).openPart(part(`${foreign.url}/f`)));

    expect([error.name, discarded]).toEqual(['PartNotReady', []]);
  });

  it('CDR-07 redirected to another host: the token stays away, there and on the way back', async () => {
    const host = new URL(foreign.url).host;
    own.answer((request, response) =>
      request.path === '/back'
        ? response.writeHead(200).end('x')
        : response.writeHead(302, { location: `${foreign.url}/f` }).end(),
    );
    foreign.answer((_, response) => response.writeHead(307, { location: `${own.url}/back` }).end());

    const { body } = await client({ downloadHosts: [host] }).openPart(part(OWN_PART));

    const bearers = [own.seen.at(-2), foreign.seen.at(-1), own.seen.at(-1)].map(
      (seen) => seen?.headers.authorization,
    );
    expect([await text(body), bearers]).toEqual(['x', [`Bearer ${SECRET}`, undefined, undefined]]);
  });

  it('CDR-07 redirected to a host that may not be called: is refused', async () => {
    const before = foreign.seen.length;
    own.answer((_, response) => response.writeHead(302, { location: `${foreign.url}/f` }).end());

    const error = await thrownBy(client().openPart(part(OWN_PART)));

    expect([error.name, foreign.seen.length]).toEqual(['CallbackRefused', before]);
  });

  it('CDR-07 redirected for ever: is refused', async () => {
    const before = own.seen.length;
    own.answer((_, response) => response.writeHead(302, { location: OWN_PART }).end());

    const error = await thrownBy(client().openPart(part(OWN_PART)));

    expect([error.name, own.seen.length - before]).toEqual(['CallbackRefused', 4]);
  });
});
