import { execFileSync } from 'node:child_process';
import { createSecretKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { type DataKeys, type Opening, prepareKey, type Sealing } from '../../../lambdas/archive/keys.ts';
import { openPackage, recordsOf } from '../../../lambdas/archive/open.ts';
import { sealedBytes } from '../../../lambdas/archive/seal-bytes.ts';
import { heldDataKeys, passphrasesOf } from '../../support/archive-keys.ts';
import { thrownBy } from '../../support/thrown.ts';

const PAGE = readFileSync(new URL('../../../docs/envelope.md', import.meta.url), 'utf8');
const PASSPHRASE = 'correct horse battery staple';
const TENANT = 'acme';
const RECORDS = ['{"id":"a1","type":"voice"}', '{"id":"a2","note":"Grüße","type":"chat"}'];
const TEXT = RECORDS.map((record) => `${record}\n`).join('');

/** The fenced blocks of the page in a language, without their last line feed. */
function blocksOf(language: string): string[] {
  return [...PAGE.matchAll(new RegExp(`^\`\`\`${language}\n(.*?)\n\`\`\`$`, 'gms'))].map(
    ([, text = '']) => text,
  );
}

/** What the page's table says of something. */
function stated(what: string): string {
  const value = new RegExp(`^\\| ${what} \\| \`([^\`]+)\` \\|$`, 'm').exec(PAGE)?.[1];
  if (value === undefined) throw new Error(`The page does not state ${what}.`);
  return value;
}

const [withPassphrase = '', withDataKey = '', old = ''] = blocksOf('json');
const object = stated('object');

/*
 * The envelope a second time, by WebCrypto and from docs/envelope.md alone: nothing of it is imported from the project.
 */
const { subtle } = globalThis.crypto;
const utf8 = new TextEncoder();
type Bytes = Uint8Array<ArrayBuffer>;

function fromHex(text: string): Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function toHex(bytes: ArrayBuffer): string {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

function fromBase64(text: string): Bytes {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

function toBase64(bytes: ArrayBuffer | Bytes): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}

async function derive(passphrase: string, salt: Bytes): Promise<Bytes> {
  const material = await subtle.importKey('raw', utf8.encode(passphrase), 'PBKDF2', false, ['deriveBits']);
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: 480_000 };
  return new Uint8Array(await subtle.deriveBits(how, material, 256));
}

async function aes(key: Bytes, usage: 'encrypt' | 'decrypt') {
  return subtle.importKey('raw', key, 'AES-GCM', false, [usage]);
}

function dataOf(tenant: string, where: string): Bytes {
  return utf8.encode(`cxone-export archive\n1\n${tenant}\n${where}`);
}

async function checkOf(key: Bytes): Promise<string> {
  const hmac = await subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const mac = await subtle.sign('HMAC', hmac, utf8.encode('cxone-export archive key check'));
  return toBase64(mac.slice(0, 8));
}

/** A whole package of version 1, from its content and everything that is random in it. */
async function packageOf(
  content: Bytes,
  key: Bytes,
  nonce: Bytes,
  reference: object,
  salt: object,
): Promise<string> {
  const how = { name: 'AES-GCM', iv: nonce, additionalData: dataOf(TENANT, object), tagLength: 128 };
  const ciphertext = await subtle.encrypt(how, await aes(key, 'encrypt'), content);
  const fields = {
    version: 1,
    tenant: TENANT,
    object,
    content: 'application/x-ndjson+gzip',
    cipher: 'AES-256-GCM',
    ...reference,
    check: await checkOf(key),
    ...salt,
    nonce: toBase64(nonce),
    ciphertext: toBase64(ciphertext),
  };
  const text = JSON.stringify(fields).slice(0, -1);
  return `${text},"sha256":"${toHex(await subtle.digest('SHA-256', utf8.encode(text)))}"}`;
}

/** The records of a package of version 1 that lies under a key. */
async function openedElsewhere(text: string, where: string, key: Bytes): Promise<string> {
  const { tenant, nonce, ciphertext } = JSON.parse(text);
  const how = {
    name: 'AES-GCM',
    iv: fromBase64(nonce),
    additionalData: dataOf(tenant, where),
    tagLength: 128,
  };
  const content = await subtle.decrypt(how, await aes(key, 'decrypt'), fromBase64(ciphertext));
  return gunzipSync(new Uint8Array(content)).toString('utf8');
}

const REFERENCE = {
  kdf: 'PBKDF2-HMAC-SHA-256',
  iterations: 480_000,
  secret: 'cxone/acme-archive',
  passphraseVersion: '2026-11',
};
const passphrases = passphrasesOf({ '2025-11': 'an earlier one, kept', '2026-11': PASSPHRASE });
const dataKeys: DataKeys = {
  ...heldDataKeys(),
  open: async () => createSecretKey(Buffer.from(stated('data key, hex'), 'hex')),
};
const opening: Opening = { passphrases, dataKeys };
const identity = { tenant: TENANT, object };

async function recordsIn(text: string): Promise<string[]> {
  return Array.fromAsync(recordsOf(await openPackage(opening, Buffer.from(text), identity), object));
}

describe('ARC-04 docs/envelope.md', () => {
  it('ARC-04 states vectors that code of its own makes byte for byte', async () => {
    const content = fromHex(stated('content \\(gzip\\), hex'));
    const salt = fromHex(stated('salt, hex'));
    const nonce = fromHex(stated('nonce, hex'));
    const derived = await derive(PASSPHRASE, salt);
    const dataKey = fromHex(stated('data key, hex'));
    const kms = {
      kmsKey: 'arn:aws:kms:us-east-1:111122223333:key/example',
      sealedKey: btoa('sealed by KMS'),
    };

    const made = [
      await packageOf(content, derived, nonce, REFERENCE, { salt: toBase64(salt) }),
      await packageOf(content, dataKey, nonce, kms, {}),
    ];

    expect(made).toEqual([withPassphrase, withDataKey]);
    expect(toHex(derived.buffer)).toBe(stated('derived key, hex'));
    expect(gunzipSync(content).toString('utf8')).toBe(TEXT);
    expect(blocksOf('json-lines')).toEqual([RECORDS.join('\n')]);
    expect(object).toContain(toHex(await subtle.digest('SHA-256', utf8.encode(TEXT))));
  });

  it.each([
    ['version 1 with a passphrase', withPassphrase],
    ['version 1 with a data key', withDataKey],
    ['no version', old],
    [
      'no version, its fields in another order and on several lines',
      JSON.stringify({ ...reversed(old) }, undefined, 2),
    ],
  ])('ARC-04 states a package of %s that opens here', async (_case, text) => {
    const records = await recordsIn(text);

    expect(records).toEqual(RECORDS);
  });

  it('ARC-04 lets other code open what is sealed here', async () => {
    const sealing: Sealing = { mode: 'passphrase', passphrases };
    const sealed = await buffer(sealedBytes(identity, await prepareKey(sealing)(identity), [gzipSync(TEXT)]));
    const text = sealed.toString('utf8');

    const opened = await openedElsewhere(
      text,
      object,
      await derive(PASSPHRASE, fromBase64(JSON.parse(text).salt)),
    );

    expect(opened).toBe(TEXT);
    expect(JSON.parse(text)).toMatchObject(REFERENCE);
  });

  it('ARC-04 does not let what was moved be opened by other code either', async () => {
    const key = fromHex(stated('derived key, hex'));

    const opening = openedElsewhere(withPassphrase, object.replace('05-15', '05-16'), key);

    await expect(opening).rejects.toThrow();
  });

  it('ARC-04 says how an old package fails: with none of the passphrases that are there', async () => {
    const strangers: Opening = {
      passphrases: passphrasesOf({ a: 'not the right one', b: 'neither is this' }),
    };

    const error = await thrownBy(openPackage(strangers, Buffer.from(old), identity));

    expect([error.name, error.message.includes('names no passphrase')]).toEqual(['ArchiveKeyWrong', true]);
  });
});

function reversed(text: string): Record<string, string> {
  return Object.fromEntries(Object.entries<string>(JSON.parse(text)).toReversed());
}

/** Whether there is a Python here that has what the page's program needs. */
function pythonCanOpen(): boolean {
  try {
    execFileSync('python3', ['-c', 'import cryptography'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe.runIf(pythonCanOpen())('ARC-04 Python', () => {
  const folder = mkdtempSync(join(tmpdir(), 'envelope-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const [program = ''] = blocksOf('python');
  const file = join(folder, 'package.json');
  const python = (script: string, input: string, ...words: string[]) =>
    execFileSync('python3', ['-c', script, ...words], { input, encoding: 'utf8' });

  it('ARC-04 opens what is sealed here with the program of the page, and old packages too', async () => {
    const sealing: Sealing = { mode: 'passphrase', passphrases };
    const sealed = await buffer(sealedBytes(identity, await prepareKey(sealing)(identity), [gzipSync(TEXT)]));

    const opened = [sealed.toString('utf8'), withPassphrase, old].map((text) => {
      writeFileSync(file, text);
      return python(program, PASSPHRASE, file, object);
    });

    expect(opened).toEqual([TEXT, TEXT, TEXT]);
  });

  it('ARC-04 seals what opens here', async () => {
    const sealed = python(
      SEALING_PROGRAM,
      JSON.stringify({ passphrase: PASSPHRASE, tenant: TENANT, object, text: TEXT }),
    );

    const records = await recordsIn(sealed.trimEnd());

    expect(records).toEqual(RECORDS);
  });
});

const SEALING_PROGRAM = `
import base64, gzip, hashlib, hmac, json, os, sys
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

asked = json.load(sys.stdin)
tenant, key = asked["tenant"], asked["object"]
base64_of = lambda value: base64.b64encode(value).decode()
salt, nonce = os.urandom(16), os.urandom(12)
derived = PBKDF2HMAC(hashes.SHA256(), 32, salt, 480_000).derive(asked["passphrase"].encode())
data = "\\n".join(["cxone-export archive", "1", tenant, key]).encode()
ciphertext = AESGCM(derived).encrypt(nonce, gzip.compress(asked["text"].encode()), data)
check = hmac.new(derived, b"cxone-export archive key check", "sha256").digest()[:8]
text = json.dumps({"version": 1, "tenant": tenant, "object": key, "content": "application/x-ndjson+gzip",
    "cipher": "AES-256-GCM", "kdf": "PBKDF2-HMAC-SHA-256", "iterations": 480_000, "secret": "elsewhere",
    "passphraseVersion": "2026-11", "check": base64_of(check), "salt": base64_of(salt),
    "nonce": base64_of(nonce), "ciphertext": base64_of(ciphertext)}, separators=(",", ":"))[:-1]
print(text + ',"sha256":"' + hashlib.sha256(text.encode()).hexdigest() + '"}')
`;
