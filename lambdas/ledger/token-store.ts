import { z } from 'zod';
import { catalogued } from '../model/errors.ts';
import type { FamilyName } from '../model/families.ts';
import { type TenantId, TokenFingerprint } from '../model/ids.ts';
import type { Item, ItemKey, Table } from '../model/ports.ts';
import { type Clause, conditionalUpdate } from './expressions.ts';

/** An access token as it is kept: sealed. */
export interface StoredToken {
  sealed: string;
  fingerprint: TokenFingerprint;
  /** Epoch milliseconds. */
  validUntil: number;
  /** Its whole life, as CXone granted it. */
  lifeMilliseconds: number;
  /** It lacks a scope that a call needed: it is not used again, though it has not expired. */
  discarded: boolean;
}

/** The item of a family's access token: the token, and who is renewing it. */
export interface TokenRecord {
  /** Raised by every lease: what is written under an older one is refused. */
  fence: number;
  leaseUntil: number;
  holder?: string;
  token?: StoredToken;
}

/** The right to renew a family's token, for a while. */
export interface Lease {
  fence: number;
  /** Epoch milliseconds. */
  until: number;
}

/**
 * Where a family's tokens are kept. Access and refresh token lie in partitions of different kinds, so that only the token
 * function's role reaches the refresh token.
 */
export interface TokenStore {
  read(): Promise<TokenRecord>;
  /** Takes the lease, if nobody has since `seen` was read and no living holder is there. `holder` tells one attempt from every other. */
  lease(seen: TokenRecord, holder: string, now: number, until: number): Promise<Lease | undefined>;
  /** Holds the lease until a later instant; false where it is somebody else's by now. */
  extend(lease: Lease, until: number): Promise<boolean>;
  /** Gives the lease back early. Nothing happens where it is somebody else's by now. */
  release(lease: Lease): Promise<void>;
  /** Stores a new token and gives the lease back; false where the lease is somebody else's by now. */
  saveAccess(lease: Lease, token: Omit<StoredToken, 'discarded'>): Promise<boolean>;
  /** Marks the token, if it is still the stored one. */
  discard(fingerprint: TokenFingerprint): Promise<void>;
  /** The sealed refresh token, where there is one. */
  readRefresh(): Promise<string | undefined>;
  /** Stores a new refresh token, or that there is none; false where a later holder has stored one. */
  saveRefresh(lease: Lease, sealed: string | undefined): Promise<boolean>;
}

const TokenItem = z.object({
  fence: z.int().min(0).default(0),
  leaseUntil: z.number().default(0),
  holder: z.string().optional(),
  sealed: z.string().optional(),
  fingerprint: TokenFingerprint.optional(),
  validUntil: z.number().default(0),
  lifeMilliseconds: z.number().default(0),
  discarded: z.boolean().default(false),
});

const RefreshItem = z.object({ sealed: z.string().optional() });

/** The tokens of a tenant's family in the ledger. Every read throws `LedgerUnreadable` for an item that we did not write. */
export function createTokenStore(table: Table, tenant: TenantId, family: FamilyName): TokenStore {
  const accessKey = { pk: `${tenant}#token#${family}`, sk: 'access' };
  const refreshKey = { pk: `${tenant}#refresh#${family}`, sk: 'refresh' };
  const mine = ({ fence }: Lease): Clause => ({ attribute: 'fence', is: '=', value: fence });
  const read = async () => recordOf(parsed(TokenItem, accessKey, await table.get(accessKey)));

  return {
    read,

    async lease(seen, holder, now, until) {
      const fence = seen.fence + 1;
      const clauses: Clause[] =
        seen.fence === 0
          ? [{ attribute: 'fence', is: 'absent' }]
          : [
              // Nobody has taken the lease since the record was read.
              { attribute: 'fence', is: '=', value: seen.fence },
              // Nor has the one who held it then renewed the token meanwhile: it is not renewed again.
              seen.token
                ? { attribute: 'fingerprint', is: '=', value: seen.token.fingerprint }
                : { attribute: 'fingerprint', is: 'absent' },
              // A living holder is not disturbed; a dead one's lease is over at some time.
              {
                any: [
                  { attribute: 'leaseUntil', is: 'absent' },
                  { attribute: 'leaseUntil', is: '<=', value: now },
                ],
              },
            ];
      const written = await table.update(
        accessKey,
        conditionalUpdate({ set: { fence, holder, leaseUntil: until } }, clauses),
      );
      if (written !== 'conditionFailed') return { fence, until };
      // The SDK repeats a write whose reply was lost: then the holder is already we.
      const found = await read();
      return found.fence === fence && found.holder === holder ? { fence, until } : undefined;
    },

    async extend(lease, until) {
      // Over, but taken by nobody, a lease is still good: whoever takes it raises the fence.
      const change = { set: { leaseUntil: until } };
      return (await table.update(accessKey, conditionalUpdate(change, [mine(lease)]))) !== 'conditionFailed';
    },

    async release(lease) {
      await table.update(accessKey, conditionalUpdate({ remove: ['leaseUntil', 'holder'] }, [mine(lease)]));
    },

    async saveAccess(lease, token) {
      const change = { set: { ...token }, remove: ['leaseUntil', 'holder', 'discarded'] };
      // A holder whose lease went to another must not overwrite that one's token.
      return (await table.update(accessKey, conditionalUpdate(change, [mine(lease)]))) !== 'conditionFailed';
    },

    async discard(fingerprint) {
      await table.update(
        accessKey,
        conditionalUpdate({ set: { discarded: true } }, [
          // A token that has come in its place is not blamed.
          { attribute: 'fingerprint', is: '=', value: fingerprint },
        ]),
      );
    },

    async readRefresh() {
      return parsed(RefreshItem, refreshKey, await table.get(refreshKey)).sealed;
    },

    async saveRefresh(lease, sealed) {
      const change =
        sealed === undefined
          ? { set: { fence: lease.fence }, remove: ['sealed'] }
          : { set: { fence: lease.fence, sealed } };
      const clauses: Clause[] = [
        {
          any: [
            { attribute: 'fence', is: 'absent' },
            // A later holder's refresh token is the living one.
            { attribute: 'fence', is: '<=', value: lease.fence },
          ],
        },
      ];
      return (await table.update(refreshKey, conditionalUpdate(change, clauses))) !== 'conditionFailed';
    },
  };
}

function recordOf(item: z.output<typeof TokenItem>): TokenRecord {
  const { fence, leaseUntil, holder, sealed, fingerprint, validUntil, lifeMilliseconds, discarded } = item;
  return {
    fence,
    leaseUntil,
    ...(holder === undefined ? {} : { holder }),
    ...(sealed === undefined || fingerprint === undefined
      ? {}
      : { token: { sealed, fingerprint, validUntil, lifeMilliseconds, discarded } }),
  };
}

function parsed<Schema extends z.ZodType>(
  schema: Schema,
  key: ItemKey,
  item: Item | undefined,
): z.output<Schema> {
  const result = schema.safeParse(item ?? {});
  if (result.success) return result.data;
  const fields = result.error.issues.map((issue) => issue.path.join('.')).join(', ');
  throw catalogued(
    'LedgerUnreadable',
    `The ledger's item ${key.pk} / ${key.sk} has unreadable fields: ${fields}.`,
  );
}
