import { describe, expect, it } from 'vitest';
import { LEASE_MILLISECONDS } from '../../../lambdas/cxone/tokens.ts';
import { factIn } from '../../../lambdas/model/errors.ts';
import { json } from '../../support/http-server.ts';
import { memoryTable } from '../../support/memory-table.ts';
import { thrownBy } from '../../support/thrown.ts';
import { testCipher } from '../../support/token-cipher.ts';
import { fingerprint, forms, grant, leave, NOW, OWNER, prepare, server } from './tokens-under-test.ts';

describe('the lease', () => {
  it('ALL-07 keeps others waiting while its holder lives, then busy', async () => {
    const { ports, obtain, clock } = prepare();
    await ports.store.lease(await ports.store.read(), 'another', NOW, NOW + LEASE_MILLISECONDS);

    const error = await thrownBy(obtain());

    expect([error.name, clock.now() - NOW, factIn(error.message, 'retryAt')]).toEqual([
      'TokenBusy',
      10_000,
      '2026-03-01T10:00:45.000Z',
    ]);
  });

  it('ALL-07 gives its token to those who waited', async () => {
    server.answer(grant());
    const { ports, obtain, clock } = prepare();
    const seen = await ports.store.read();
    const lease = await ports.store.lease(seen, 'another', NOW, NOW + LEASE_MILLISECONDS);
    if (!lease) throw new Error('There is no lease.');
    const stored = {
      sealed: 'x',
      fingerprint: fingerprint(9),
      validUntil: NOW + 3_600_000,
      lifeMilliseconds: 3_600_000,
    };
    const sleep = clock.sleep;
    clock.sleep = async (milliseconds) => {
      await sleep(milliseconds);
      await ports.store.saveAccess(lease, stored);
    };

    const token = await obtain();

    expect([token.fingerprint, forms.length]).toEqual([fingerprint(9), 0]);
  });

  it('ALL-07 of a dead holder ends, before those who are asked seven times give up', async () => {
    server.answer(grant());
    const { ports, obtain } = prepare();
    await ports.store.lease(await ports.store.read(), 'dead', NOW, NOW + LEASE_MILLISECONDS);
    let asked = 0;

    const obtained = await (async function again(): Promise<string> {
      asked += 1;
      try {
        return (await obtain()).fingerprint;
      } catch {
        return again();
      }
    })();

    expect([obtained, asked <= 7]).toEqual([fingerprint(1), true]);
  });

  it('ALL-07 of a stale holder: its token is thrown away, the other’s counts', async () => {
    const { ports, obtain, clock, read } = prepare();
    const sealed = await testCipher.seal('access-9-0123456789', { ...OWNER, kind: 'access' });
    server.answer((request, response) => {
      void (async () => {
        clock.set(clock.now() + LEASE_MILLISECONDS + 1);
        const seen = await ports.store.read();
        const lease = await ports.store.lease(seen, 'another', clock.now(), clock.now() + LEASE_MILLISECONDS);
        if (!lease) throw new Error('There is no lease.');
        const life = { validUntil: clock.now() + 3_600_000, lifeMilliseconds: 3_600_000 };
        await ports.store.saveRefresh(lease, undefined);
        await ports.store.saveAccess(lease, { sealed, fingerprint: fingerprint(9), ...life });
        grant()(request, response);
      })();
    });

    const token = await obtain();

    expect([token.fingerprint, (await read()).value.reveal(), await ports.store.readRefresh()]).toEqual([
      fingerprint(9),
      'access-9-0123456789',
      undefined,
    ]);
  });

  it('ALL-07 is renewed before a second call that it might not outlive', async () => {
    server.answer(grant());
    const { ports, obtain, clock } = prepare();
    await obtain();
    leave(clock, 0);
    const untils: number[] = [];
    server.answer((request, response) => {
      if (!request.body.includes('grant_type=refresh_token')) return grant()(request, response);
      clock.set(clock.now() + 20_000);
      return json(response, 400, { error: 'invalid_grant' });
    });
    const extend = ports.store.extend;
    ports.store.extend = async (lease, until) => {
      untils.push(until - clock.now());
      return extend(lease, until);
    };

    const token = await obtain();

    expect([token.fingerprint, untils]).toEqual([fingerprint(2), [LEASE_MILLISECONDS]]);
  });

  it('ALL-07 is one’s own also where the ledger’s reply was lost and the write repeated', async () => {
    server.answer(grant());
    const memory = memoryTable();
    const { obtain } = prepare({
      ...memory,
      async update(key, write) {
        await memory.update(key, write);
        return memory.update(key, write);
      },
    });

    const token = await obtain();

    expect(token.fingerprint).toBe(fingerprint(1));
  });

  it('ALL-07 goes back when the holder fails, and the first failure is the one that is told', async () => {
    server.answer((_, response) => json(response, 503, {}));
    const memory = memoryTable();
    let away = false;
    const { obtain } = prepare({
      ...memory,
      async update(key, write) {
        if (write.update.startsWith('REMOVE')) away = true;
        if (away) throw new Error('the ledger is away');
        return memory.update(key, write);
      },
    });

    const error = await thrownBy(obtain());

    expect([error.name, error.cause]).toEqual(['ServerFault', new Error('the ledger is away')]);
  });
});
