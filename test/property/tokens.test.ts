import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintOf, Secret } from '../../lambdas/cxone/secret.ts';
import type { TokenEndpoint } from '../../lambdas/cxone/token-endpoint.ts';
import { obtainToken } from '../../lambdas/cxone/tokens.ts';
import { createTokenStore } from '../../lambdas/ledger/token-store.ts';
import { catalogued, isError } from '../../lambdas/model/errors.ts';
import { TenantId, type TokenFingerprint } from '../../lambdas/model/ids.ts';
import type { Table } from '../../lambdas/model/ports.ts';
import { memoryTable } from '../support/memory-table.ts';
import { testCipher } from '../support/token-cipher.ts';
import { type VirtualWorld, virtualWorld } from '../support/virtual-world.ts';

const START = Date.parse('2026-03-01T10:00:00.000Z');
const OWNER = { tenant: TenantId.parse('acme'), family: 'dataDownload' } as const;

class Killed extends Error {}

/**
 * A token endpoint as CXone's behaves: each refresh token works once, and two renewals at once would kill each other's. It
 * counts how many calls are under way at once, those of machines that died meanwhile included.
 */
function simulatedEndpoint(world: VirtualWorld, lifeMilliseconds: number, latency: () => number) {
  const living = new Set<string>();
  const alive = new Set<TokenFingerprint>();
  const state = { grants: 0, underWay: 0, mostAtOnce: 0, refusedRefreshes: 0 };
  const minted = () => {
    state.grants += 1;
    const accessToken = new Secret(`access-${state.grants}-0123456789`);
    const refreshToken = new Secret(`refresh-${state.grants}-0123456789`);
    living.add(refreshToken.reveal());
    alive.add(fingerprintOf(accessToken));
    return { accessToken, refreshToken, lifeMilliseconds };
  };
  const call = async <Result>(answer: () => Result): Promise<Result> => {
    state.underWay += 1;
    state.mostAtOnce = Math.max(state.mostAtOnce, state.underWay);
    await world.delay(latency());
    const result = answer();
    await world.delay(latency());
    state.underWay -= 1;
    return result;
  };
  const endpoint: TokenEndpoint = {
    withCredentials: () => call(minted),
    async withRefreshToken(_, refreshToken) {
      const grant = await call(() => (living.delete(refreshToken.reveal()) ? minted() : undefined));
      if (grant) return grant;
      state.refusedRefreshes += 1;
      throw catalogued('RequestRefused', 'The refresh token is dead.', { errorCode: 'invalid_grant' });
    },
  };
  return { endpoint, state, alive };
}

/** Kills a machine at its n-th call of anything: it calls nothing afterwards. */
function mortal(callsToLive: number) {
  let left = callsToLive;
  const guard =
    <Arguments extends unknown[], Result>(method: (...given: Arguments) => Promise<Result>) =>
    async (...given: Arguments): Promise<Result> => {
      left -= 1;
      if (left < 0) throw new Killed();
      const result = await method(...given);
      // Killed while the call was under way: its effect stands, its answer is lost.
      left -= 1;
      if (left < 0) throw new Killed();
      return result;
    };
  return {
    table: (table: Table): Table => ({
      get: guard(table.get),
      update: guard(table.update),
      query: table.query,
    }),
    endpoint: (endpoint: TokenEndpoint): TokenEndpoint => ({
      withCredentials: guard(endpoint.withCredentials),
      withRefreshToken: guard(endpoint.withRefreshToken),
    }),
  };
}

interface Machine {
  startAt: number;
  rejected: TokenFingerprint | undefined;
  callsToLive: number;
}

const scenario = fc.record({
  lifeSeconds: fc.constantFrom(60, 900, 3_600),
  /** Where in its life the first token is when the machines come, as a share. */
  age: fc.constantFrom(0, 0.5, 0.95, 1.2),
  machines: fc.array(
    fc.record({
      startAt: fc.nat(3_000),
      saysRejected: fc.boolean(),
      callsToLive: fc.oneof(
        { weight: 4, arbitrary: fc.constant(1_000_000) },
        { weight: 1, arbitrary: fc.nat(16) },
      ),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  ledgerLatencies: fc.array(fc.nat(400), { minLength: 1, maxLength: 20 }),
  endpointLatencies: fc.array(fc.nat(10_000), { minLength: 1, maxLength: 6 }),
  seed: fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
});

function cycled(values: readonly number[]): () => number {
  let next = 0;
  return () => values[next++ % values.length] ?? 0;
}

async function prepare(lifeMilliseconds: number, ledgerLatencies: number[], endpointLatencies: number[]) {
  const world = virtualWorld(START);
  const memory = memoryTable();
  const table = world.table(memory, cycled(ledgerLatencies));
  const simulated = simulatedEndpoint(world, lifeMilliseconds, cycled(endpointLatencies));
  const portsOn = (on: Table, endpoint: TokenEndpoint, random: () => number) => ({
    store: createTokenStore(on, OWNER.tenant, OWNER.family),
    endpoint,
    credentials: async () => ({ clientId: 'id', clientSecret: new Secret('client-secret-0123') }),
    cipher: testCipher,
    clock: world.clock(),
    random,
  });
  const run = async (machine: Machine, random: () => number) => {
    const { table: own, endpoint } = mortal(machine.callsToLive);
    await world.delay(machine.startAt);
    const ports = portsOn(own(table), endpoint(simulated.endpoint), random);
    return obtainToken({ ...OWNER, rejected: machine.rejected }, ports).catch((error: unknown) => {
      if (error instanceof Killed) return 'killed' as const;
      if (isError(error, 'TokenBusy')) return 'busy' as const;
      throw error;
    });
  };
  const [first] = await world.run([run({ startAt: 0, rejected: undefined, callsToLive: 1_000 }, () => 0)]);
  if (first === undefined || typeof first === 'string') throw new Error('There is no first token.');
  return { world, memory, simulated, run, first };
}

describe('tokens renewed by many machines', () => {
  it('ALL-07 are renewed one at a time, whoever dies, and never end with a dead token', async () => {
    await fc.assert(
      fc.asyncProperty(
        scenario,
        async ({ lifeSeconds, age, machines, ledgerLatencies, endpointLatencies, seed }) => {
          const life = lifeSeconds * 1_000;
          const { world, memory, simulated, run, first } = await prepare(
            life,
            ledgerLatencies,
            endpointLatencies,
          );
          await world.run([world.delay(life * age)]);
          const random = () => seed.next().value ?? 0;

          const outcomes = await world.run(
            machines.map(({ startAt, saysRejected, callsToLive }) =>
              run({ startAt, callsToLive, rejected: saysRejected ? first.fingerprint : undefined }, random),
            ),
          );

          const deaths = outcomes.filter((outcome) => outcome === 'killed').length;
          const obtained = outcomes.filter((outcome) => typeof outcome !== 'string');
          expect(simulated.state.mostAtOnce).toBe(1);
          expect(obtained.filter(({ fingerprint }) => !simulated.alive.has(fingerprint))).toEqual([]);
          const gotRejected = outcomes.filter(
            (outcome, index) =>
              machines[index]?.saysRejected &&
              typeof outcome !== 'string' &&
              outcome.fingerprint === first.fingerprint,
          );
          expect(gotRejected).toEqual([]);
          // The first token, one renewal, and one more for each death; a short life may end while the machines work.
          if (lifeSeconds === 3_600) expect(simulated.state.grants).toBeLessThanOrEqual(2 + deaths);
          const stored = (await createTokenStore(memory, OWNER.tenant, OWNER.family).read()).token;
          const opened = await testCipher.open(stored?.sealed ?? '', { ...OWNER, kind: 'access' });
          expect(stored?.fingerprint).toBe(fingerprintOf(new Secret(opened)));
        },
      ),
      { numRuns: 300 },
    );
  });

  it('ALL-07 forty callers rejected with one token cause one renewal, and all get the new one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(2_000), { minLength: 40, maxLength: 40 }),
        fc.array(fc.nat(50), { minLength: 1, maxLength: 20 }),
        fc.nat(2_000),
        async (starts, ledgerLatencies, endpointLatency) => {
          const { world, simulated, run, first } = await prepare(3_600_000, ledgerLatencies, [
            endpointLatency,
          ]);

          const outcomes = await world.run(
            starts.map((startAt) =>
              run({ startAt, rejected: first.fingerprint, callsToLive: 1_000 }, cycled([0.1, 0.5, 0.9])),
            ),
          );

          const fingerprints = new Set(
            outcomes.map((outcome) => (typeof outcome === 'string' ? outcome : outcome.fingerprint)),
          );
          expect([simulated.state.grants, [...fingerprints]]).toEqual([
            2,
            [fingerprintOf(new Secret('access-2-0123456789'))],
          ]);
        },
      ),
      { numRuns: 30 },
    );
  });
});
