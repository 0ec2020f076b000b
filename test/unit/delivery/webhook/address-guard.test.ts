import { describe, expect, it } from 'vitest';
import {
  addressGuard,
  guardedLookup,
  refuseLiteral,
} from '../../../../lambdas/delivery/webhook/address-guard.ts';

const guard = addressGuard([]);

function lookedUp(addresses: string[], networks: string[] = [], all = true): Promise<unknown> {
  const resolve = async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  return new Promise((settle, fail) => {
    guardedLookup(resolve, addressGuard(networks))('receiver.test', { all }, (error, found) =>
      error === null ? settle(found) : fail(error),
    );
  });
}

describe('addresses that a webhook may be at', () => {
  it.each([
    '93.184.215.14',
    '8.8.8.8',
    '172.15.255.255',
    '172.32.0.1',
    '100.63.255.255',
    '2606:2800:21f:cb07:6820:80da:af6b:8b2c',
    '2a00:1450:4001:82b::200e',
  ])('ALL-13 are public ones: %s', (address) => {
    expect(guard(address)).toBe(true);
  });

  it.each([
    '127.0.0.1',
    '127.255.255.254',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    '203.0.113.7',
    '::1',
    '::',
    'fe80::1',
    'fe80::1%eth0',
    'fc00::1',
    'fd12:3456::1',
    'fec0::1',
    'ff02::1',
    '::ffff:10.0.0.1',
    '::ffff:169.254.169.254',
    '64:ff9b::a00:1',
    '2002:a00:1::1',
    '2001:db8::1',
    '2001::1',
    'not an address',
  ])('ALL-13 are none that is private, loopback, link-local or reserved: %s', (address) => {
    expect(guard(address)).toBe(false);
  });

  it('ALL-13 are those of networks that the configuration names, and no others beside them', () => {
    const named = addressGuard(['10.20.0.0/16', 'fd00:1::/32']);

    expect(['10.20.3.4', 'fd00:1::5'].map(named)).toEqual([true, true]);
    expect(['10.21.0.1', 'fd00:2::5', '127.0.0.1'].map(named)).toEqual([false, false, false]);
  });

  it('ALL-13 are picked from all that a name resolves to, in the very look-up of the connection', async () => {
    const found = await lookedUp(['10.0.0.1', '93.184.215.14', '::1']);

    expect(found).toEqual([{ address: '93.184.215.14', family: 4 }]);
    expect(await lookedUp(['93.184.215.14'], [], false)).toBe('93.184.215.14');
  });

  it('ALL-13 fail by name where a name leads to none of them', async () => {
    await expect(lookedUp(['10.0.0.1', '169.254.169.254'])).rejects.toMatchObject({
      name: 'WebhookAddressRefused',
    });
  });

  it.each(['127.0.0.1', '[::1]', '[::ffff:7f00:1]'])(
    'ALL-13 are judged too where the host is one: %s',
    (host) => {
      expect(() => refuseLiteral(new URL(`https://${host}/`).hostname, guard)).toThrow(
        /WebhookAddressRefused|no address/,
      );
    },
  );

  it.each(['https://0x7f.1/', 'https://2130706433/', 'https://017700000001/'])(
    'ALL-13 are judged as what they are, however they are written: %s',
    (url) => {
      expect(() => refuseLiteral(new URL(url).hostname, guard)).toThrow(/no address/);
    },
  );
});
