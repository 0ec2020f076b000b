import { createSecretKey, type KeyObject, pbkdf2, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { Secret } from '../cxone/secret.ts';
import { catalogued } from '../model/errors.ts';
import { ITERATIONS, KEY_BYTES, type KeyReference, type ObjectIdentity, SALT_BYTES } from './package.ts';

/** The passphrases of a tenant's archive, each under the version that packages name. */
export interface PassphraseRing {
  /** Name of the secret that holds them. */
  secret: string;
  /** Version that new archives are sealed with: one of `passphrases`. */
  current: string;
  passphrases: ReadonlyMap<string, Secret>;
}

/** Where the passphrases are. */
export interface Passphrases {
  /** Throws `ArchiveKeyMissing` where they cannot be read. */
  read(): Promise<PassphraseRing>;
}

/** Data keys of KMS: each for one object, bound to tenant and object by its encryption context. */
export interface DataKeys {
  generate(object: ObjectIdentity): Promise<{ key: KeyObject; keyArn: string; sealedKey: Buffer }>;
  /**
   * @throws ArchiveKeyMissing where the KMS key cannot be used
   * @throws ArchiveKeyWrong where it does not open the data key for this object
   */
  open(sealedKey: Buffer, keyArn: string, object: ObjectIdentity): Promise<KeyObject>;
}

/** How new archives are sealed. */
export type Sealing = { mode: 'passphrase'; passphrases: Passphrases } | { mode: 'kms'; dataKeys: DataKeys };

/** What archives of either mode are opened with. */
export interface Opening {
  passphrases?: Passphrases;
  dataKeys?: DataKeys;
}

const derive = promisify(pbkdf2);

/** A key, and how to get at it again. */
export interface FreshKey {
  key: KeyObject;
  reference: KeyReference;
}

/**
 * Begins to make a key for one object, never used before: one derivation, or one call of KMS. A derivation is under way from
 * now on, beside other work, because it takes a while and needs no name; KMS is called when the object is known.
 */
export function prepareKey(sealing: Sealing): (object: ObjectIdentity) => Promise<FreshKey> {
  switch (sealing.mode) {
    case 'kms':
      return async (object) => {
        const { key, keyArn, sealedKey } = await sealing.dataKeys.generate(object);
        return { key, reference: { kind: 'kms', keyArn, sealedKey } };
      };
    case 'passphrase': {
      const derived = currentKey(sealing.passphrases);
      // Whoever asks for the key hears of it; nobody may ask.
      derived.catch(() => undefined);
      return () => derived;
    }
  }
}

async function currentKey(passphrases: Passphrases): Promise<FreshKey> {
  const ring = await passphrases.read();
  const salt = randomBytes(SALT_BYTES);
  const { secret, current: passphraseVersion } = ring;
  const key = await derivedKey(named(ring, passphraseVersion), salt);
  return { key, reference: { kind: 'passphrase', secret, passphraseVersion, salt } };
}

/** The key that a package refers to. Throws `ArchiveKeyMissing`, `ArchiveKeyWrong`. */
export async function keyOf(
  opening: Opening,
  reference: KeyReference,
  object: ObjectIdentity,
): Promise<KeyObject> {
  switch (reference.kind) {
    case 'kms':
      if (opening.dataKeys === undefined) throw missing(object.object, `the KMS key ${reference.keyArn}`);
      return opening.dataKeys.open(reference.sealedKey, reference.keyArn, object);
    case 'passphrase': {
      const wanted = `version ${reference.passphraseVersion} of the secret ${reference.secret}`;
      if (opening.passphrases === undefined) throw missing(object.object, wanted);
      const ring = await opening.passphrases.read();
      // By its version alone: passphrases may have been moved to another secret.
      if (!ring.passphrases.has(reference.passphraseVersion)) throw missing(object.object, wanted);
      return derivedKey(named(ring, reference.passphraseVersion), reference.salt);
    }
  }
}

/** Every key that a package without a key reference may have been sealed with, the current passphrase's first. */
export async function* possibleKeys(
  opening: Opening,
  salt: Buffer,
  where: string,
): AsyncGenerator<KeyObject> {
  if (opening.passphrases === undefined) throw missing(where, 'a passphrase');
  const { current, passphrases } = await opening.passphrases.read();
  const ordered = [...passphrases].sort(
    ([left], [right]) => Number(right === current) - Number(left === current),
  );
  for (const [, passphrase] of ordered) yield await derivedKey(passphrase, salt);
}

/** The passphrase is taken as the bytes of its UTF-8 form, not normalised. */
async function derivedKey(passphrase: Secret, salt: Buffer): Promise<KeyObject> {
  const bytes = await derive(passphrase.reveal(), salt, ITERATIONS, KEY_BYTES, 'sha256');
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}

function named({ passphrases, secret }: PassphraseRing, version: string): Secret {
  const passphrase = passphrases.get(version);
  if (passphrase !== undefined) return passphrase;
  throw catalogued('ArchiveKeyMissing', `The secret ${secret} has no passphrase of version ${version}.`);
}

function missing(where: string, what: string) {
  return catalogued('ArchiveKeyMissing', `The archive ${where} needs ${what}, which is not to be had.`);
}
