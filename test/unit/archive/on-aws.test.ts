import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { DeleteObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { describe, expect, it } from 'vitest';
import type { ArchiveRecord } from '../../../lambdas/archive/blocks.ts';
import type { Opening, Sealing } from '../../../lambdas/archive/keys.ts';
import { openObject, recordsOf } from '../../../lambdas/archive/open.ts';
import { type SealPorts, sealRecords } from '../../../lambdas/archive/seal.ts';
import { clientsFor } from '../../../lambdas/aws/clients.ts';
import { kmsDataKeys } from '../../../lambdas/aws/kms-data-keys.ts';
import { secretPassphrases } from '../../../lambdas/aws/passphrase-secret.ts';
import { s3ObjectStore } from '../../../lambdas/aws/s3-object-store.ts';
import { Day } from '../../../lambdas/model/days.ts';
import { TenantId } from '../../../lambdas/model/ids.ts';
import type { Effect } from '../../../local/aws/effects.ts';
import { thrownBy } from '../../support/thrown.ts';
import { embeddedAws } from '../aws/embedded.ts';

const TENANT = TenantId.parse('acme');
const { aws } = await embeddedAws();
const { s3, kms, secrets } = clientsFor(aws.environment);
aws.resources.bucket('lake');
const lakeKey = aws.resources.key('lake', 'ENCRYPT_DECRYPT').arn;
const otherKey = aws.resources.key('other', 'ENCRYPT_DECRYPT').arn;
const objects = s3ObjectStore(s3, 'lake');

const RECORDS: ArchiveRecord[] = ['a', 'b'].map((id) => ({ id, line: JSON.stringify({ id }) }));

async function sealOne(
  sealing: Sealing,
  day: string,
  records: readonly ArchiveRecord[] = RECORDS,
  lock: Pick<SealPorts, 'lockedUntil'> = {},
) {
  const ports = { objects, sealing, workFolder: tmpdir(), ...lock };
  const [sealed] = await Array.fromAsync(
    sealRecords(ports, { tenant: TENANT, day: Day.parse(day) }, [records]),
  );
  if (sealed === undefined) throw new Error('There is no object.');
  return sealed;
}

async function readBack(opening: Opening, object: string) {
  const opened = await openObject({ objects, opening }, { tenant: TENANT, object });
  return { opened, lines: await Array.fromAsync(recordsOf(opened, object)) };
}

function effectsOf(operation: string): { seen: Effect[]; stop: () => void } {
  const seen: Effect[] = [];
  const stop = aws.onEffect((phase, effect) => {
    if (phase === 'before' && effect.operation === operation) seen.push(effect);
  });
  return { seen, stop };
}

describe('ARC-04 passphrases', () => {
  const create = (name: string, value: unknown) =>
    secrets.send(
      new CreateSecretCommand({
        Name: name,
        SecretString: typeof value === 'string' ? value : JSON.stringify(value),
      }),
    );
  const passphrasesOf = (name: string) => secretPassphrases(secrets, name);

  it('ARC-04 can be rotated: old archives open with theirs, new ones are sealed with the new', async () => {
    const first = { '2025': 'the passphrase of 2025' };
    await create('rotated', { current: '2025', passphrases: first });
    const before = await sealOne({ mode: 'passphrase', passphrases: passphrasesOf('rotated') }, '2025-05-15');

    await secrets.send(
      new PutSecretValueCommand({
        SecretId: 'rotated',
        SecretString: JSON.stringify({
          current: '2026',
          passphrases: { ...first, '2026': 'the passphrase of 2026' },
        }),
      }),
    );

    const passphrases = passphrasesOf('rotated');
    const after = await sealOne({ mode: 'passphrase', passphrases }, '2026-05-15');
    const read = await Promise.all([before.key, after.key].map((key) => readBack({ passphrases }, key)));
    expect(read.map(({ lines }) => lines)).toEqual([
      ['{"id":"a"}', '{"id":"b"}'],
      ['{"id":"a"}', '{"id":"b"}'],
    ]);
    expect(read.map(({ opened }) => opened.head?.reference)).toMatchObject([
      { secret: 'rotated', passphraseVersion: '2025' },
      { secret: 'rotated', passphraseVersion: '2026' },
    ]);
  });

  it('ARC-04 are read once for an invocation, not once an object', async () => {
    await create('read-once', { current: 'v1', passphrases: { v1: 'a passphrase of some length' } });
    const { seen, stop } = effectsOf('GetSecretValue');
    const sealing: Sealing = { mode: 'passphrase', passphrases: passphrasesOf('read-once') };

    await sealOne(sealing, '2024-01-01');
    await sealOne(sealing, '2024-01-02');

    stop();
    expect(seen.length).toBe(1);
  });

  it('ARC-08 that lack the version of an archive are missing, by the names of both', async () => {
    await create('complete', { current: 'old', passphrases: { old: 'the passphrase of old' } });
    await create('lacking', { current: 'new', passphrases: { new: 'the passphrase of new' } });
    const { key } = await sealOne(
      { mode: 'passphrase', passphrases: passphrasesOf('complete') },
      '2024-02-01',
    );

    const error = await thrownBy(readBack({ passphrases: passphrasesOf('lacking') }, key));

    expect([error.name, error.message]).toEqual([
      'ArchiveKeyMissing',
      `The archive ${key} needs version old of the secret complete, which is not to be had.`,
    ]);
  });

  it('ARC-08 that were replaced under their version are wrong', async () => {
    await create('right', { current: 'v1', passphrases: { v1: 'the passphrase it was' } });
    await create('wrong', { current: 'v1', passphrases: { v1: 'the passphrase it is not' } });
    const { key } = await sealOne({ mode: 'passphrase', passphrases: passphrasesOf('right') }, '2024-03-01');

    const error = await thrownBy(readBack({ passphrases: passphrasesOf('wrong') }, key));

    expect(error.name).toBe('ArchiveKeyWrong');
  });

  it.each([
    ['no JSON', 'hunter2hunter2', '(whole): found nothing'],
    ['no object', '"hunter2hunter2"', '(whole): found a string'],
    ['no passphrases', { current: 'v1' }, 'passphrases: found nothing'],
    [
      'an unknown version',
      { current: 'v2', passphrases: { v1: 'hunter2hunter2hunter2' } },
      'one of the versions',
    ],
    ['a short passphrase', { current: 'v1', passphrases: { v1: 'hunter2' } }, 'at least 16 characters'],
    [
      'a strange version',
      { current: 'a b', passphrases: { 'a b': 'hunter2hunter2hunter2' } },
      '1 to 64 letters',
    ],
    ['credentials', { clientId: 'hunter2hunter2', clientSecret: 'hunter2' }, 'clientSecret: found a string'],
  ])('ALL-02 with %s are refused, and not shown', async (name, value, problem) => {
    await create(`refused ${name}`.replaceAll(' ', '-'), value);

    const error = await thrownBy(passphrasesOf(`refused ${name}`.replaceAll(' ', '-')).read());

    expect([error.name, error.message.includes(problem)]).toEqual(['ArchiveKeyMissing', true]);
    expect(`${error.stack}${String(error.cause)}`).not.toContain('hunter2');
  });

  it('ALL-10 that are not there are missing', async () => {
    const error = await thrownBy(passphrasesOf('nowhere').read());

    expect([error.name, error.message.includes('nowhere')]).toEqual(['ArchiveKeyMissing', true]);
  });
});

describe('ARC-04 data keys of KMS', () => {
  const dataKeys = kmsDataKeys(kms, lakeKey);

  it('ARC-04 seal and open, one for each object', async () => {
    const { seen, stop } = effectsOf('GenerateDataKey');
    const first = await sealOne({ mode: 'kms', dataKeys }, '2024-04-01');
    const second = await sealOne({ mode: 'kms', dataKeys }, '2024-04-02');

    const read = await Promise.all([first, second].map(({ key }) => readBack({ dataKeys }, key)));

    stop();
    expect(read.map(({ lines }) => lines.length)).toEqual([2, 2]);
    expect(read.map(({ opened }) => opened.head?.reference)).toMatchObject([
      { kind: 'kms', keyArn: lakeKey },
      { kind: 'kms', keyArn: lakeKey },
    ]);
    expect(seen.length).toBe(2);
  });

  it('ARC-04 of an earlier KMS key go on opening', async () => {
    const { key } = await sealOne({ mode: 'kms', dataKeys: kmsDataKeys(kms, otherKey) }, '2024-04-03');

    const { lines } = await readBack({ dataKeys }, key);

    expect(lines).toEqual(['{"id":"a"}', '{"id":"b"}']);
  });

  it('ARC-08 open for no other object', async () => {
    const generated = await dataKeys.generate({ tenant: 'acme', object: 'one' });

    const error = await thrownBy(
      dataKeys.open(generated.sealedKey, lakeKey, { tenant: 'acme', object: 'other' }),
    );

    expect(error.name).toBe('ArchiveKeyWrong');
  });

  it('ARC-08 are missing where the KMS key is', async () => {
    const gone = kmsDataKeys(kms, `${lakeKey}-gone`);

    const error = await thrownBy(gone.generate({ tenant: 'acme', object: 'one' }));

    expect(error.name).toBe('ArchiveKeyMissing');
  });
});

describe('ARC-05 uploads', () => {
  const dataKeys = kmsDataKeys(kms, lakeKey);
  const large: ArchiveRecord[] = ['x', 'y'].map((id) => ({
    id,
    line: JSON.stringify({ text: randomBytes(2_100_000).toString('hex') }),
  }));

  it('ARC-05 are multipart above 5 MB and carry a checksum', async () => {
    const parts = effectsOf('UploadPart');
    const small = await sealOne({ mode: 'kms', dataKeys }, '2024-06-01');
    const before = parts.seen.length;

    const { key } = await sealOne({ mode: 'kms', dataKeys }, '2024-06-02', large);

    parts.stop();
    const heads = await Promise.all(
      [small.key, key].map((Key) =>
        s3.send(new HeadObjectCommand({ Bucket: 'lake', Key, ChecksumMode: 'ENABLED' })),
      ),
    );
    expect([before, parts.seen.length > 1]).toEqual([0, true]);
    expect(heads.map(({ ChecksumCRC32 }) => typeof ChecksumCRC32)).toEqual(['string', 'string']);
    expect(heads[1]?.ContentLength).toBeGreaterThan(5_000_000);
  });

  it.each([
    ['in one piece', '2024-06-05', RECORDS],
    ['in parts', '2024-06-06', large],
  ])(
    'ARC-05 %s are locked until their time where that is wanted, and not otherwise',
    async (_, day, records) => {
      const lockedUntil = () => Date.now() + 60_000;
      const free = await sealOne({ mode: 'kms', dataKeys }, day.replace('06', '07'), records);
      const { key } = await sealOne({ mode: 'kms', dataKeys }, day, records, { lockedUntil });

      const removed = await Promise.all(
        [free.key, key].map((Key) =>
          s3.send(new DeleteObjectCommand({ Bucket: 'lake', Key })).then(
            () => 'removed',
            (error: Error) => error.name,
          ),
        ),
      );

      expect(removed).toEqual(['removed', 'AccessDenied']);
      expect((await readBack({ dataKeys }, key)).lines).toHaveLength(records.length);
    },
  );

  it.each(['before', 'after'] as const)(
    'ARC-05 are tried again where a part is lost %s S3 has it',
    async (when) => {
      let lost = 0;
      const stop = aws.onEffect(async (phase, { operation }) => {
        if (phase !== when || operation !== 'UploadPart' || lost > 0) return;
        lost += 1;
        throw new Error('the connection is cut');
      });

      const { key, sha256 } = await sealOne(
        { mode: 'kms', dataKeys },
        when === 'before' ? '2024-06-03' : '2024-06-04',
        large,
      );

      stop();
      const { lines } = await readBack({ dataKeys }, key);
      expect([lost, lines.length, key.includes(sha256)]).toEqual([1, 2, true]);
    },
  );
});
