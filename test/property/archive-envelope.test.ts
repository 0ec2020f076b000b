import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Opening, prepareKey, type Sealing } from '../../lambdas/archive/keys.ts';
import { openPackage } from '../../lambdas/archive/open.ts';
import { readPackage } from '../../lambdas/archive/read-package.ts';
import { sealedBytes } from '../../lambdas/archive/seal-bytes.ts';
import { heldDataKeys, passphrasesOf } from '../support/archive-keys.ts';
import { thrownBy } from '../support/thrown.ts';

const IDENTITY = { tenant: 'acme', object: `archive/acme/2024-05-15/${'0'.repeat(64)}.enc.json` };
const passphrases = passphrasesOf({ '2024': 'earlier and kept', '2026': 'correct horse battery staple' });
const dataKeys = heldDataKeys();
const opening: Opening = { passphrases, dataKeys };

const content = fc.array(fc.uint8Array({ maxLength: 700 }), { maxLength: 6 });

async function sealWith(sealing: Sealing, chunks: readonly Uint8Array[]): Promise<Buffer> {
  const fresh = await prepareKey(sealing)(IDENTITY);
  return buffer(
    sealedBytes(
      IDENTITY,
      fresh,
      chunks.map((chunk) => Buffer.from(chunk)),
    ),
  );
}

/** A package of these fields that ends with its digest. */
function redigested(fields: Record<string, unknown>): Buffer {
  const { sha256: _, ...covered } = fields;
  const text = JSON.stringify(covered).slice(0, -1);
  return Buffer.from(`${text},"sha256":"${createHash('sha256').update(text).digest('hex')}"}`);
}

describe('ARC-04 the envelope', () => {
  it('ARC-04 opens to what was sealed, for any bytes in any chunks, with data keys', async () => {
    await fc.assert(
      fc.asyncProperty(content, async (chunks) => {
        const sealed = await sealWith({ mode: 'kms', dataKeys }, chunks);

        const opened = await openPackage(opening, sealed, IDENTITY);

        expect(opened.content.equals(Buffer.concat(chunks))).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('ARC-04 opens to what was sealed, for any bytes in any chunks, with a passphrase', async () => {
    await fc.assert(
      fc.asyncProperty(content, async (chunks) => {
        const sealed = await sealWith({ mode: 'passphrase', passphrases }, chunks);

        const opened = await openPackage(opening, sealed, IDENTITY);

        expect(opened.content.equals(Buffer.concat(chunks))).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  it('ARC-04 is JSON of ASCII characters on one line, whatever is sealed', async () => {
    await fc.assert(
      fc.asyncProperty(content, async (chunks) => {
        const sealed = await sealWith({ mode: 'kms', dataKeys }, chunks);

        expect(sealed.toString('latin1')).toMatch(/^\{[\x20-\x7e]+\}$/);
        expect(JSON.parse(sealed.toString('utf8'))).toMatchObject({ version: 1, tenant: 'acme' });
      }),
      { numRuns: 50 },
    );
  });

  it('ARC-04 never uses a nonce or a salt twice', async () => {
    const same = [Buffer.from('the same bytes')];
    const nonces = new Set<string>();
    const salts = new Set<string>();

    for (let count = 0; count < 500; count++) {
      const { nonce } = readPackage(await sealWith({ mode: 'kms', dataKeys }, same), IDENTITY.object);
      nonces.add(nonce.toString('hex'));
    }
    for (let count = 0; count < 12; count++) {
      const sealed = await sealWith({ mode: 'passphrase', passphrases }, same);
      const { nonce, head } = readPackage(sealed, IDENTITY.object);
      nonces.add(nonce.toString('hex'));
      if (head?.reference.kind === 'passphrase') salts.add(head.reference.salt.toString('hex'));
    }

    expect([nonces.size, salts.size]).toEqual([512, 12]);
  });
});

describe('ARC-08 tampering', () => {
  it('ARC-08 with any byte is detected, and called damage or truncation', async () => {
    const sealed = await sealWith({ mode: 'kms', dataKeys }, [Buffer.from('records, records, records')]);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(sealed.length - 1),
        fc.integer({ min: 1, max: 255 }),
        async (at, difference) => {
          const changed = Buffer.from(sealed);
          changed[at] = (changed[at] ?? 0) ^ difference;

          const { name } = await thrownBy(openPackage(opening, changed, IDENTITY));

          // A package without its last character cannot be told from one whose end is missing.
          expect(
            at < sealed.length - 2 ? ['ArchiveDamaged'] : ['ArchiveDamaged', 'ArchiveTruncated'],
          ).toContain(name);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('ARC-08 with every single bit of the package is detected', async () => {
    const sealed = await sealWith({ mode: 'kms', dataKeys }, [Buffer.from('{}')]);
    const names = new Set<string>();

    for (let bit = 0; bit < (sealed.length - 2) * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      names.add((await thrownBy(openPackage(opening, changed, IDENTITY))).name);
    }

    expect([...names]).toEqual(['ArchiveDamaged']);
  });

  it('ARC-08 by cutting it off anywhere is called truncation', async () => {
    const sealed = await sealWith({ mode: 'kms', dataKeys }, [Buffer.from('records')]);
    const names = new Set<string>();

    for (let length = 0; length < sealed.length; length++)
      names.add((await thrownBy(openPackage(opening, sealed.subarray(0, length), IDENTITY))).name);

    expect([...names]).toEqual(['ArchiveTruncated']);
  });

  it('ARC-08 that states the digest of what was changed is detected by the tag', async () => {
    const sealed = await sealWith({ mode: 'kms', dataKeys }, [Buffer.from('records, records')]);
    const fields: Record<string, string> = JSON.parse(sealed.toString('utf8'));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('ciphertext', 'nonce'), fc.nat(), async (field, place) => {
        const bytes = Buffer.from(fields[field] ?? '', 'base64');
        bytes[place % bytes.length] = (bytes[place % bytes.length] ?? 0) ^ 1;
        const forged = redigested({ ...fields, [field]: bytes.toString('base64') });

        const error = await thrownBy(openPackage(opening, forged, IDENTITY));

        expect([error.name, error.message.includes('tag')]).toEqual(['ArchiveDamaged', true]);
      }),
      { numRuns: 100 },
    );
  });
});
