import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { Documents } from './documents.ts';
import type { KeyStore } from './kms-keys.ts';
import { embeddedArn } from './names.ts';
import { ServiceFault } from './reply.ts';

const storedVersion = z.object({
  id: z.string(),
  /** The value under the store's own key: secrets are not readable on disk. */
  sealed: z.base64(),
  created: z.number(),
  stages: z.array(z.string()),
});

const storedSecret = z.object({
  created: z.number(),
  changed: z.number(),
  description: z.string().optional(),
  keyId: z.string().optional(),
  versions: z.array(storedVersion),
});

/** A secret without its values. */
export type SecretFacts = z.infer<typeof storedSecret> & { name: string; arn: string };

/** A version's value, with what AWS tells about it. */
export interface SecretValue {
  name: string;
  arn: string;
  versionId: string;
  stages: string[];
  /** Epoch milliseconds. */
  created: number;
  value: string;
}

const current = 'AWSCURRENT';
const previous = 'AWSPREVIOUS';
const sealingKey = 'embedded-secrets';

/** The embedded ARN of a secret; AWS's random ending is a digest of the name here, so that it is the same every time. */
export function secretArn(name: string): string {
  const ending = createHash('sha256').update(name).digest('hex').slice(0, 6);
  return embeddedArn('secretsmanager', `secret:${name}-${ending}`);
}

/** Secrets and their versions, sealed on disk. */
export class SecretStore {
  readonly #secrets: Documents<z.infer<typeof storedSecret>>;
  readonly #keys: KeyStore;
  readonly #now: () => number;

  constructor(folder: string, keys: KeyStore, now: () => number) {
    this.#secrets = new Documents(folder, storedSecret);
    this.#keys = keys;
    this.#now = now;
    keys.ensure(sealingKey, 'ENCRYPT_DECRYPT', 'Seals the values of embedded secrets');
  }

  /** A secret by name, ARN, or ARN without its random ending. Throws `ResourceNotFoundException`. */
  find(id: string): SecretFacts {
    const name = this.#nameOf(id);
    const stored = this.#secrets.get(name);
    if (!stored)
      throw new ServiceFault('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
    return { ...stored, name, arn: secretArn(name) };
  }

  #nameOf(id: string): string {
    if (!id.startsWith('arn:')) return id;
    const resource = id.split(':').slice(6).join(':');
    const bare = resource.replace(/-[0-9A-Za-z]{6}$/, '');
    return secretArn(bare) === id ? bare : resource;
  }

  /** Makes the secret, with a first version where a value is given. Throws `ResourceExistsException`. */
  create(
    name: string,
    options: { value?: string; description?: string; keyId?: string; token?: string },
  ): SecretFacts {
    if (this.#secrets.has(name)) {
      throw new ServiceFault(
        'ResourceExistsException',
        `The operation failed because the secret ${name} already exists.`,
      );
    }
    const { value, token, ...facts } = options;
    const now = this.#now();
    const secret = { created: now, changed: now, versions: [], ...facts };
    this.#secrets.put(name, value === undefined ? secret : this.#withVersion(name, secret, value, token));
    return this.find(name);
  }

  /** Makes the secret without a value unless it exists. */
  ensure(name: string, description?: string): SecretFacts {
    if (!this.#secrets.has(name)) this.create(name, description === undefined ? {} : { description });
    return this.find(name);
  }

  /** Makes sure that the secret exists and that this is its current value. */
  set(name: string, value: string): void {
    const { versions } = this.ensure(name);
    if (versions.length === 0 || this.value(name, {}).value !== value) this.put(name, value);
  }

  /**
   * Adds a version and makes it the current one. The same token with the same value changes nothing; with another value
   * it is `ResourceExistsException`, as on AWS.
   */
  put(id: string, value: string, token?: string): SecretValue {
    const { name, arn: _arn, ...secret } = this.find(id);
    const repeated =
      token === undefined ? undefined : secret.versions.find((version) => version.id === token);
    if (repeated && this.#open(name, repeated.sealed) !== value) {
      throw new ServiceFault('ResourceExistsException', `A version ${token} with another value exists.`);
    }
    if (!repeated) this.#secrets.put(name, this.#withVersion(name, secret, value, token));
    return this.value(name, repeated ? { versionId: repeated.id } : {});
  }

  /** A version's value: the current one unless a version or stage is named. Throws `ResourceNotFoundException`. */
  value(id: string, wanted: { versionId?: string; stage?: string }): SecretValue {
    const secret = this.find(id);
    const stage = wanted.stage ?? (wanted.versionId === undefined ? current : undefined);
    const version = secret.versions.find(
      (candidate) =>
        (wanted.versionId === undefined || candidate.id === wanted.versionId) &&
        (stage === undefined || candidate.stages.includes(stage)),
    );
    if (!version) {
      const message = `Secrets Manager can't find the specified secret value for ${stage ?? wanted.versionId}.`;
      throw new ServiceFault('ResourceNotFoundException', message);
    }
    const { id: versionId, stages, created } = version;
    const value = this.#open(secret.name, version.sealed);
    return { name: secret.name, arn: secret.arn, versionId, stages, created, value };
  }

  #withVersion(
    name: string,
    secret: z.infer<typeof storedSecret>,
    value: string,
    token: string = randomUUID(),
  ) {
    const now = this.#now();
    const sealed = this.#keys.encrypt(sealingKey, Buffer.from(value), { name }).toString('base64');
    const kept = secret.versions
      .filter((version) => version.stages.includes(current))
      .map((version) => ({ ...version, stages: [previous] }));
    return {
      ...secret,
      changed: now,
      versions: [...kept, { id: token, sealed, created: now, stages: [current] }],
    };
  }

  #open(name: string, sealed: string): string {
    return this.#keys.decrypt(Buffer.from(sealed, 'base64'), { name }).plaintext.toString('utf8');
  }
}
