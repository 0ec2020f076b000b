import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { clientsFor } from '../../lambdas/aws/clients.ts';
import { s3ObjectStore } from '../../lambdas/aws/s3-object-store.ts';
import { type ArchivedMediumEntry, archivedMedia } from '../../lambdas/ledger/archive-media.ts';
import { Day } from '../../lambdas/model/days.ts';
import { Examination } from '../../lambdas/model/doctor.ts';
import { startAws } from '../../local/aws/embedded-aws.ts';
import { main } from '../../local/command/program.ts';
import { mediumBytes } from '../../local/cxone/data/interaction-details.ts';
import type { SimulatedInteraction } from '../../local/cxone/index.ts';
import { toldIn } from '../support/alarm-evaluation.ts';
import { archiveRecordOf, dueInteractions, expectGoodManners } from '../support/archive-night.ts';
import { type Night, prepareNights } from '../support/night.ts';
import { keysUnder, storesOf } from '../support/night-findings.ts';
import { recordedOutputs } from '../unit/command/recorded-output.ts';

const SECRET = 'cxone/acme-archive';
const PASSPHRASE = 'correct horse battery staple';
const SCENARIOS = ['closed-interactions:6', 'media-missing:1', 'media-expired:1', 'media-forbidden:1'];

const nights = await prepareNights({
  pipeline: 'interaction-archive',
  pipelines: { archive: { media: {}, sealing: { mode: 'passphrase', secret: SECRET } } },
});
afterAll(() => nights.close());

async function openNight(): Promise<Night> {
  const night = await nights.open({ scenarios: SCENARIOS });
  const value = { current: 'v1', passphrases: { v1: PASSPHRASE } };
  night.platform.aws.secrets.set(SECRET, JSON.stringify(value));
  return night;
}

/** What the simulator does with the media of an interaction: it goes by the interaction's number within its day. */
function stateOf(interaction: string): string {
  const number = Number(interaction.split('-').at(-1));
  return ['missing', 'expired', 'forbidden'][number] ?? 'stored';
}

/** What the ledger has of the media of interactions, as they were before the night: our own marks move them. */
async function mediaOf(night: Night, due: readonly SimulatedInteraction[]): Promise<ArchivedMediumEntry[]> {
  const days = new Set(due.map(({ updatedTime }) => Day.parse(updatedTime.slice(0, 10))));
  const found = [...days].map((day) => Array.fromAsync(archivedMedia(storesOf(night).ledger, day)));
  return (await Promise.all(found)).flat();
}

const Details = z.looseObject({ media: z.array(z.looseObject({ id: z.string() })) });

describe('ARC-09 a night of the archive that stores media', () => {
  it('ARC-09 stores recordings as they are, names why others are not, and shows nobody else our token', async () => {
    const night = await openNight();
    const due = dueInteractions(night);

    const { status, run } = await night.run();

    const media = await mediaOf(night, due);
    const expected = due.flatMap(({ id, text }) =>
      Details.parse(JSON.parse(text)).media.map((medium) => `${medium.id} ${stateOf(id)}`),
    );
    const { objects } = storesOf(night);
    expect(status).toBe('SUCCEEDED');
    expect(media.map(({ medium, state }) => `${medium} ${state}`).toSorted()).toEqual(expected.toSorted());
    expect(new Set(media.map(({ state }) => state))).toEqual(
      new Set(['stored', 'missing', 'expired', 'forbidden']),
    );
    for (const { medium, key } of media.filter(({ state }) => state === 'stored'))
      expect(await buffer(await objects.open(key ?? '')), medium).toEqual(mediumBytes(medium));
    expect(await keysUnder(night, 'media/')).toHaveLength(
      media.filter(({ key }) => key !== undefined).length,
    );
    const { report } = await archiveRecordOf(night, run);
    expect(report).toMatchObject({ media: { stored: media.filter(({ key }) => key !== undefined).length } });
    expectGoodManners(night);
    // OPS-03: the passphrases are read, and their age is told.
    expect(toldIn(night.folder)).toContainEqual(
      expect.objectContaining({
        name: 'SecretAgeDays',
        dimensions: { Lake: 'cxone-export', Tenant: 'acme', Secret: 'passphrases' },
        value: 0,
      }),
    );
  });

  it('ALL-03 fetches nothing again that is stored', async () => {
    const night = await openNight();
    const due = dueInteractions(night);
    await night.run();
    const stored = (await mediaOf(night, due)).filter(({ state }) => state === 'stored');
    const before = night.calls().filter(({ kind, status }) => kind === 'media' && status === 200).length;

    const { status } = await night.run({ ids: [...new Set(stored.map(({ interaction }) => interaction))] });

    const after = night
      .calls()
      .filter(({ kind, status: answer }) => kind === 'media' && answer === 200).length;
    expect([status, before, after]).toEqual(['SUCCEEDED', stored.length, stored.length]);
  });
});

describe('an examination of a tenant with an archive', () => {
  it.each([
    ['is well', { current: 'v1', passphrases: { v1: PASSPHRASE } }, 'ok', undefined],
    [
      'lacks its current passphrase',
      { current: 'v2', passphrases: { v1: PASSPHRASE } },
      'failed',
      'ArchiveKeyMissing',
    ],
    [
      'has too short a one',
      { current: 'v1', passphrases: { v1: 'short-one' } },
      'failed',
      'ArchiveKeyMissing',
    ],
  ])(
    'OPS-08 ARC-03 says that its secret %s, shows none of it and stores nothing',
    async (_, value, state, error) => {
      const night = await openNight();
      night.platform.aws.secrets.set(SECRET, JSON.stringify(value));

      const { status, output = '' } = await night.operate({ doctor: {} });

      const found = Examination.parse(JSON.parse(output)).findings.find(
        ({ check }) => check === 'archiveKey',
      );
      expect(status).toBe('SUCCEEDED');
      expect([found?.state, found?.error]).toEqual([state, error]);
      for (const secret of Object.values(value.passphrases)) expect(output).not.toContain(secret);
      expect(await keysUnder(night, 'archive/')).toEqual([]);
      await night.close();
    },
  );
});

const ListedObjects = z.object({
  archives: z.array(z.object({ objects: z.array(z.looseObject({ key: z.string(), day: z.string() })) })),
});

describe('ARC-08 the archive commands', () => {
  it('ARC-08 ALL-12 list, restore and verify what a night has sealed, and name what was done to it', async () => {
    const night = await openNight();
    const due = dueInteractions(night).filter(({ answer }) => answer === 200);
    await night.run();
    const { folder } = night;
    await night.close();
    cpSync(join(folder, '..', 'cdk.out'), join(folder, 'cdk.out'), { recursive: true });
    const told = async (...words: string[]) => {
      const outputs = recordedOutputs();
      const code = await main([...words, '--data', folder], outputs);
      return { code, stdout: outputs.stdout, stderr: outputs.stderr };
    };
    const said = (...words: string[]) => told('archive', ...words);
    const listed = await said('ls', '--json');
    const [{ objects } = { objects: [] }] = ListedObjects.parse(JSON.parse(listed.stdout)).archives;
    const [{ key, day } = { key: '', day: '' }] = objects;
    const one = due[0]?.id ?? '';

    const verified = await said('verify');
    const audited = await told('audit', 'verify', '--pipeline', 'interaction-archive');
    const restored = await said('restore', '--day', day, '--to', join(folder, 'out'));
    const single = await said('restore', '--interaction', one, '--to', join(folder, 'out'));
    const inObject = await said('ls', '--object', key);
    const nobody = await said('restore', '--interaction', 'nobody', '--to', join(folder, 'out'));
    const unclear = await said('restore', '--to', join(folder, 'out'));
    const listedDay = await said('ls', '--day', day);
    const listedOne = await said('ls', '--interaction', one);
    const whole = await said('restore', '--object', key, '--to', join(folder, 'object'));

    const lines = readFileSync(join(folder, 'out', 'acme', `${day}.jsonl`), 'utf8')
      .trimEnd()
      .split('\n');
    const ids = lines.map(
      (line) => z.object({ interaction_id: z.string() }).parse(JSON.parse(line)).interaction_id,
    );
    const ofDay = due.filter(({ updatedTime }) => updatedTime.startsWith(day)).map(({ id }) => id);
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining('as the ledger has them')]);
    expect([audited.code, audited.stdout]).toEqual([0, expect.stringMatching(/[1-9]\d* records, intact$/m)]);
    expect([restored.code, ids.toSorted()]).toEqual([0, ofDay.toSorted()]);
    expect([single.code, single.stdout]).toEqual([0, expect.stringContaining(`${one}.jsonl`)]);
    expect([inObject.code, inObject.stdout]).toEqual([0, expect.stringContaining(ofDay[0] ?? 'none')]);
    expect([nobody.code, unclear.code]).toEqual([1, 2]);
    expect([listedDay.code, listedDay.stdout]).toEqual([0, expect.stringContaining(key)]);
    expect([listedOne.code, listedOne.stdout]).toEqual([0, expect.stringMatching(`${one} +marked`)]);
    const [file = ''] = whole.stdout.trimEnd().split('\n');
    expect(readFileSync(file, 'utf8').trimEnd().split('\n').toSorted()).toEqual(lines.toSorted());
    expect(JSON.stringify([listed, verified, restored, single])).not.toContain(PASSPHRASE);

    await tamper(folder, key);

    const after = await said('verify', '--day', day);
    const all = await said('verify');
    const refused = await said('restore', '--day', day, '--to', join(folder, 'damaged'));
    expect([after.code, after.stdout]).toEqual([1, expect.stringContaining('ArchiveDamaged')]);
    expect([all.code, all.stdout]).toEqual([1, expect.stringContaining(`${STRAY}: ArchiveMoved`)]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('ArchiveDamaged')]);
    expect(existsSync(join(folder, 'damaged', 'acme', `${day}.jsonl`))).toBe(
      objects.filter((other) => other.day === day).length > 1,
    );
  });
});

/** A place that is no archive day's. */
const STRAY = 'archive/acme/copied.enc.json';

/** Copies an object to a place that is no day's, and changes one bit of it where it was. */
async function tamper(folder: string, key: string): Promise<void> {
  const aws = await startAws({ folder });
  const { s3 } = clientsFor(aws.environment);
  const { Buckets } = await s3.send(new ListBucketsCommand({}));
  for (const { Name = '' } of Buckets ?? []) {
    const objects = s3ObjectStore(s3, Name);
    if ((await objects.find(key)) === undefined) continue;
    const text = await objects.readText(key);
    await objects.writeText(STRAY, text, 'application/json');
    const at = text.indexOf('"ciphertext":"') + 20;
    const other = text.charAt(at) === 'A' ? 'B' : 'A';
    await objects.writeText(key, text.slice(0, at) + other + text.slice(at + 1), 'application/json');
  }
  await aws.close();
}
