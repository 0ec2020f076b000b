import { createCipheriv, createDecipheriv, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { Documents } from './documents.ts';
import { embeddedArn } from './names.ts';
import { ServiceFault } from './reply.ts';

const usages = ['ENCRYPT_DECRYPT', 'GENERATE_VERIFY_MAC'] as const;

/** What a key is for; AWS's names. */
export type KeyUsage = (typeof usages)[number];

const storedKey = z.object({
  material: z.base64(),
  usage: z.enum(usages),
  created: z.number(),
  description: z.string(),
});

/** One key, without its material. */
export interface KeyFacts {
  id: string;
  arn: string;
  usage: KeyUsage;
  /** Epoch milliseconds. */
  created: number;
  description: string;
}

/** Encryption context: bound to the ciphertext, needed again to open it, and not secret. */
export type EncryptionContext = Readonly<Record<string, string>>;

const version = 1;
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** Symmetric keys whose 256 random bits are made once and kept in files readable by the owner alone. */
export class KeyStore {
  readonly #keys: Documents<z.infer<typeof storedKey>>;
  readonly #aliases: Documents<string>;
  readonly #now: () => number;

  /** @param now instant that new keys are stamped with, epoch milliseconds */
  constructor(folder: string, now: () => number) {
    this.#keys = new Documents(join(folder, 'keys'), storedKey);
    this.#aliases = new Documents(join(folder, 'aliases'), z.string());
    this.#now = now;
  }

  /** Makes the key unless it exists. Throws where it exists for another usage. */
  ensure(id: string, usage: KeyUsage, description = ''): KeyFacts {
    const existing = this.#keys.get(id);
    if (existing && existing.usage !== usage)
      throw new Error(`Key ${id} exists for ${existing.usage}, not ${usage}.`);
    if (!existing) {
      const material = randomBytes(keyBytes).toString('base64');
      this.#keys.put(id, { material, usage, created: this.#now(), description });
    }
    return this.find(id);
  }

  /** Lets a key be named `alias/<name>` too; an alias that exists is pointed at this key. */
  ensureAlias(alias: string, id: string): void {
    if (this.#aliases.get(alias) !== id) this.#aliases.put(alias, id);
  }

  /** A key by id, ARN, alias or alias ARN. Throws `NotFoundException`. */
  find(name: string): KeyFacts {
    const id = this.#idOf(name);
    const key = this.#keys.get(id);
    if (!key)
      throw new ServiceFault('NotFoundException', `Key '${embeddedArn('kms', `key/${id}`)}' does not exist`);
    const { usage, created, description } = key;
    return { id, arn: embeddedArn('kms', `key/${id}`), usage, created, description };
  }

  #idOf(name: string): string {
    const resource = name.startsWith('arn:') ? name.split(':').slice(5).join(':') : name;
    if (!resource.startsWith('alias/')) return resource.replace(/^key\//, '');
    const id = this.#aliases.get(resource);
    if (id === undefined) throw new ServiceFault('NotFoundException', `Alias ${resource} is not found.`);
    return id;
  }

  #material(key: KeyFacts, usage: KeyUsage): Buffer {
    const stored = this.#keys.get(key.id);
    if (!stored || stored.usage !== usage) {
      throw new ServiceFault('InvalidKeyUsageException', `${key.arn} is for ${key.usage}, not for ${usage}.`);
    }
    return Buffer.from(stored.material, 'base64');
  }

  /** AES-256-GCM; the ciphertext names its key and opens under the same context alone. */
  encrypt(name: string, plaintext: Uint8Array, context: EncryptionContext): Buffer {
    const key = this.find(name);
    const nonce = randomBytes(nonceBytes);
    const id = Buffer.from(key.id);
    const head = Buffer.concat([Buffer.from([version, id.length]), id, nonce]);
    const cipher = createCipheriv('aes-256-gcm', this.#material(key, 'ENCRYPT_DECRYPT'), nonce);
    cipher.setAAD(Buffer.concat([head, contextBytes(context)]));
    const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
    return Buffer.concat([head, cipher.getAuthTag(), body]);
  }

  /**
   * Opens a ciphertext.
   *
   * @param expected the key that it must be of, where the caller names one
   * @throws ServiceFault `IncorrectKeyException`, `InvalidCiphertextException`
   */
  decrypt(
    ciphertext: Buffer,
    context: EncryptionContext,
    expected?: string,
  ): { key: KeyFacts; plaintext: Buffer } {
    const unreadable = () =>
      new ServiceFault('InvalidCiphertextException', 'The ciphertext or its context is not valid.');
    const idEnd = 2 + (ciphertext[1] ?? 0);
    const headEnd = idEnd + nonceBytes;
    if (ciphertext[0] !== version || ciphertext.length < headEnd + tagBytes) throw unreadable();
    const id = ciphertext.subarray(2, idEnd).toString();
    if (!this.#keys.has(id)) throw unreadable();
    const key = this.find(id);
    if (expected !== undefined && this.find(expected).id !== key.id) {
      throw new ServiceFault('IncorrectKeyException', `The ciphertext is not of key ${expected}.`);
    }
    const nonce = ciphertext.subarray(idEnd, headEnd);
    const decipher = createDecipheriv('aes-256-gcm', this.#material(key, 'ENCRYPT_DECRYPT'), nonce);
    decipher.setAAD(Buffer.concat([ciphertext.subarray(0, headEnd), contextBytes(context)]));
    decipher.setAuthTag(ciphertext.subarray(headEnd, headEnd + tagBytes));
    try {
      const plaintext = Buffer.concat([
        decipher.update(ciphertext.subarray(headEnd + tagBytes)),
        decipher.final(),
      ]);
      return { key, plaintext };
    } catch {
      throw unreadable();
    }
  }

  /** HMAC-SHA-256 over the message. */
  mac(name: string, message: Uint8Array): { key: KeyFacts; mac: Buffer } {
    const key = this.find(name);
    return {
      key,
      mac: createHmac('sha256', this.#material(key, 'GENERATE_VERIFY_MAC')).update(message).digest(),
    };
  }

  /** Throws `KMSInvalidMacException` where the MAC is not of this key and message. */
  verifyMac(name: string, message: Uint8Array, mac: Uint8Array): KeyFacts {
    const right = this.mac(name, message);
    if (mac.length !== right.mac.length || !timingSafeEqual(mac, right.mac)) {
      throw new ServiceFault('KMSInvalidMacException', 'The MAC is not valid for this message and key.');
    }
    return right.key;
  }
}

// The order of a context's pairs has no meaning, so both sides are put in one order.
function contextBytes(context: EncryptionContext): Buffer {
  const pairs = Object.entries(context).sort(([left], [right]) => (left < right ? -1 : 1));
  return Buffer.from(JSON.stringify(pairs));
}
