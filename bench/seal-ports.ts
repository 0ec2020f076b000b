import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import type { ArchiveRecord } from '../lambdas/archive/blocks.ts';
import type { SealPorts } from '../lambdas/archive/seal.ts';
import { Secret } from '../lambdas/cxone/secret.ts';
import { Day } from '../lambdas/model/days.ts';
import { TenantId } from '../lambdas/model/ids.ts';
import { drawInteractions, interactionText } from '../local/cxone/data/interaction-details.ts';

/** Whose archive is measured, and which day of it. */
export const OWNER = { tenant: TenantId.parse('acme'), day: Day.parse('2024-05-15') };

/** Interactions of the simulator as records, sorted by id, each made when it is asked for: about 900 bytes. */
export function* benchRecords(count: number, seed = 'bench'): Generator<ArchiveRecord> {
  const drawn = drawInteractions({ seed, day: OWNER.day, count, atOnce: 0 });
  drawn.sort((left, right) => (left.id < right.id ? -1 : 1));
  for (const one of drawn) {
    const now = {
      status: 'closed',
      updatedAt: one.closedAt,
      fields: new Map(),
      playbackUrl: (medium: string) => `https://media.example/${medium}`,
    };
    yield { id: one.id, line: interactionText(one, now) };
  }
}

/** Interactions of a piece, as details are fetched and staged. */
export const PIECE = 100;

/** Id of the n-th interaction of a measured list. */
export const idOf = (n: number) => `i-${String(n).padStart(9, '0')}`;

/** The piece of a list that begins with the n-th interaction, made anew whenever it is asked for. */
export function benchPiece(from: number): ArchiveRecord[] {
  return [...benchRecords(PIECE, `bench ${from}`)].map(({ line }, index) => ({
    id: idOf(from + index),
    line,
  }));
}

const passphrases = new Map([['v1', new Secret(randomBytes(16).toString('hex'))]]);

/** Seals with a passphrase, one derivation an object; takes objects and forgets them. */
export const benchPorts: SealPorts = {
  workFolder: tmpdir(),
  sealing: {
    mode: 'passphrase',
    passphrases: { read: async () => ({ secret: 'bench', current: 'v1', passphrases }) },
  },
  objects: {
    find: async () => undefined,
    async writeStream(_key, body) {
      let bytes = 0;
      for await (const chunk of body) bytes += (chunk as Buffer).length;
      return { bytes, sha256: '' };
    },
  },
};
