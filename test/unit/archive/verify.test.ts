import { tmpdir } from 'node:os';
import { afterAll, describe, expect, it } from 'vitest';
import type { Sealing } from '../../../lambdas/archive/keys.ts';
import {
  type RestoreFailure,
  recordOfInteraction,
  recordsOfDay,
  recordsOfObject,
} from '../../../lambdas/archive/restore.ts';
import { sealRecords } from '../../../lambdas/archive/seal.ts';
import { verifyDay } from '../../../lambdas/archive/verify.ts';
import { noteArchived } from '../../../lambdas/ledger/archive-entries.ts';
import { noteArchiveObject } from '../../../lambdas/ledger/archive-objects.ts';
import { Day } from '../../../lambdas/model/days.ts';
import { InteractionId } from '../../../lambdas/model/interactions.ts';
import { heldDataKeys, passphrasesOf } from '../../support/archive-keys.ts';
import { openLedger } from '../../support/ledger.ts';
import { memoryObjectStore } from '../../support/memory-object-store.ts';
import { FIELD, openingOf, type SampleRecord, sampleRecord, sealSamples } from '../../support/sealed-day.ts';
import { thrownBy } from '../../support/thrown.ts';
import { claimed, MAY_15, runCalled, windowLedger } from '../../support/window-ledger.ts';

const store = await openLedger();
afterAll(() => store.close());
const sealing: Sealing = { mode: 'kms', dataKeys: heldDataKeys() };

async function archived(
  samples: readonly SampleRecord[] = ['a', 'b', 'c'].map((id) => sampleRecord(id)),
  how = sealing,
) {
  const { ledger } = windowLedger(store.table);
  const claim = await claimed(ledger, runCalled('archive'));
  const objects = memoryObjectStore();
  const ports = { ledger, objects, sealing: how, opening: openingOf(how), field: FIELD };
  const [first] = await sealSamples(ports, claim, samples);
  if (first === undefined) throw new Error('Nothing was sealed.');
  return { ports, claim, objects, ledger, key: first.key, verify: () => verifyDay(ports, MAY_15) };
}

describe('ARC-08 verifying an archive day', () => {
  it('ARC-08 finds nothing where all is as the ledger has it', async () => {
    const { verify } = await archived();

    expect(await verify()).toEqual({ objects: 1, records: 3, replaced: 0, findings: [] });
  });

  it('ARC-08 counts records that a later object has replaced, and finds nothing in that', async () => {
    const { verify, ports, claim } = await archived();
    await sealSamples(ports, claim, [sampleRecord('b', 1)]);

    expect(await verify()).toEqual({ objects: 2, records: 4, replaced: 1, findings: [] });
  });

  it.each([
    ['a flipped bit', (bytes: Buffer) => flipped(bytes), 'ArchiveDamaged'],
    ['a missing end', (bytes: Buffer) => bytes.subarray(0, bytes.length / 2), 'ArchiveTruncated'],
    ['nothing in it', () => Buffer.alloc(0), 'ArchiveTruncated'],
    ['something else in it', () => Buffer.from('{"not":"ours"}'), 'ArchiveDamaged'],
    ['a later version', () => Buffer.from('{"version":2}'), 'ArchiveVersionUnknown'],
  ])('ARC-08 names what an object with %s is', async (_case, change, error) => {
    const { verify, objects, key } = await archived();
    objects.objects.set(key, change(objects.objects.get(key) ?? Buffer.alloc(0)));

    const { findings } = await verify();

    expect(findings).toMatchObject([{ problem: 'unopened', object: key, error }]);
  });

  it('ARC-08 names what lies where it was not sealed for, and what is gone', async () => {
    const { verify, objects, key } = await archived();
    const elsewhere = key.replace(/[0-9a-f]{64}/, 'f'.repeat(64));
    objects.objects.set(elsewhere, objects.objects.get(key) ?? Buffer.alloc(0));
    objects.objects.delete(key);

    const { findings } = await verify();

    expect(findings).toMatchObject([
      { problem: 'unopened', object: elsewhere, error: 'ArchiveMoved' },
      { problem: 'missingObject', object: key, records: 3 },
    ]);
  });

  it('ARC-08 tells a wrong passphrase from one that is missing', async () => {
    const right: Sealing = { mode: 'passphrase', passphrases: passphrasesOf({ v1: 'the right passphrase' }) };
    const { ports } = await archived(undefined, right);

    const verdicts = await Promise.all(
      [passphrasesOf({ v1: 'not the right passphrase' }), passphrasesOf({ v2: 'the right passphrase' })].map(
        (passphrases) => verifyDay({ ...ports, opening: { passphrases } }, MAY_15),
      ),
    );

    expect(verdicts.map(({ findings }) => findings)).toMatchObject([
      [{ problem: 'unopened', error: 'ArchiveKeyWrong' }],
      [{ problem: 'unopened', error: 'ArchiveKeyMissing' }],
    ]);
  });

  it('ARC-08 lists objects that the ledger does not know', async () => {
    const { verify, ports } = await archived();
    const [stray] = await Array.fromAsync(
      sealRecords({ ...ports, workFolder: tmpdir() }, { tenant: ports.ledger.tenant, day: MAY_15 }, [
        [sampleRecord('z')],
      ]),
    );

    expect((await verify()).findings).toEqual([{ problem: 'unknownObject', object: stray?.key, records: 1 }]);
  });

  it('ARC-08 takes an object whose records have their entries for one that is on its way', async () => {
    const { verify, ports, claim } = await archived();
    const { id, digest, line } = sampleRecord('d');
    const owner = { tenant: ports.ledger.tenant, day: MAY_15 };
    const [sealed] = await Array.fromAsync(
      sealRecords({ ...ports, workFolder: tmpdir() }, owner, [[{ id, line }]]),
    );
    const look = { id, digest, marked: false, lookedBy: 'run#1' };
    await noteArchived(ports.ledger, claim, look, {
      object: sealed?.key ?? '',
      archivedBy: 'run',
      segment: 'run#1#-1',
    });

    expect((await verify()).findings).toEqual([]);
  });

  it('ARC-08 compares every record’s digest with the ledger’s', async () => {
    const { verify, ledger, claim, key } = await archived();
    const look = { id: InteractionId.parse('b'), digest: '0'.repeat(64), marked: false, lookedBy: 'run#0' };
    await noteArchived(ledger, claim, look, { object: key, archivedBy: 'run', segment: 's' });

    expect((await verify()).findings).toEqual([
      { problem: 'changedRecords', object: key, records: 1, interaction: 'b' },
    ]);
  });

  it('ARC-08 finds interactions that should be in an object and are not', async () => {
    const { verify, ledger, claim, key } = await archived();
    const look = { id: InteractionId.parse('x'), digest: '0'.repeat(64), marked: false, lookedBy: 'run#0' };
    await noteArchived(ledger, claim, look, { object: key, archivedBy: 'run', segment: 's' });

    expect((await verify()).findings).toEqual([
      { problem: 'missingRecords', object: key, records: 1, interaction: 'x' },
    ]);
  });

  it('ARC-08 finds records of which the ledger knows nothing, in an object that it knows', async () => {
    const { ports, ledger, claim } = await archived();
    const samples = [sampleRecord('m'), sampleRecord('n')];
    const owner = { tenant: ledger.tenant, day: MAY_15 };
    const [sealed] = await Array.fromAsync(sealRecords({ ...ports, workFolder: tmpdir() }, owner, [samples]));
    if (sealed === undefined) throw new Error('Nothing was sealed.');
    const { key, sha256, plainBytes, sealedBytes } = sealed;
    const facts = { key, day: MAY_15, sha256, records: 2, plainBytes, sealedBytes, sealedBy: 'run' };
    await noteArchiveObject(ledger, facts);
    const [{ id, digest } = sampleRecord('m')] = samples;
    const look = { id, digest, marked: false, lookedBy: 'run#0' };
    await noteArchived(ledger, claim, look, { object: key, archivedBy: 'run', segment: 's' });

    const { findings } = await verifyDay(ports, MAY_15);

    expect(findings).toEqual([{ problem: 'unknownRecords', object: key, records: 1, interaction: 'n' }]);
  });

  it('ARC-08 compares counts with the ledger’s', async () => {
    const { ports, ledger } = await archived();
    const owner = { tenant: ledger.tenant, day: Day.parse('2024-05-16') };
    const [sealed] = await Array.fromAsync(
      sealRecords({ ...ports, workFolder: tmpdir() }, owner, [[sampleRecord('a')]]),
    );
    const facts = { records: 2, plainBytes: 3, sealedBytes: 4, sealedBy: 'run' };
    const { key = '', sha256 = '' } = sealed ?? {};
    await noteArchiveObject(ledger, { key, day: owner.day, sha256, ...facts });

    const { findings } = await verifyDay(ports, owner.day);

    expect(findings).toMatchObject([
      { problem: 'unknownRecords' },
      { problem: 'otherCounts', object: key, stated: '2 records, 3 bytes, sealed 4 bytes' },
    ]);
  });
});

describe('ARC-08 restoring', () => {
  async function restored(ports: Awaited<ReturnType<typeof archived>>['ports']) {
    const failures: RestoreFailure[] = [];
    const lines = await Array.fromAsync(recordsOfDay(ports, MAY_15, (failure) => failures.push(failure)));
    return { lines, failures };
  }

  it('ARC-08 a day gives each interaction as it was archived last', async () => {
    const { ports, claim } = await archived();
    await sealSamples(ports, claim, [sampleRecord('b', 1)]);

    const { lines, failures } = await restored(ports);

    const expected = [sampleRecord('a'), sampleRecord('b', 1), sampleRecord('c')].map(({ line }) => line);
    expect([lines.toSorted(), failures]).toEqual([expected.toSorted(), []]);
  });

  it('ARC-08 a day with an object that does not open gives the others, and names it', async () => {
    const { ports, claim, objects, key } = await archived();
    await sealSamples(ports, claim, [sampleRecord('d')]);
    objects.objects.set(key, flipped(objects.objects.get(key) ?? Buffer.alloc(0)));

    const { lines, failures } = await restored(ports);

    expect(lines).toEqual([sampleRecord('d').line]);
    expect(failures).toMatchObject([{ object: key, records: 3, error: { name: 'ArchiveDamaged' } }]);
  });

  it('ARC-08 one interaction gives its record and its day', async () => {
    const { ports, key } = await archived();

    const found = await recordOfInteraction(ports, InteractionId.parse('b'));

    expect(found).toEqual({ day: MAY_15, object: key, line: sampleRecord('b').line });
  });

  it('ARC-08 an interaction that the ledger does not know gives nothing', async () => {
    const { ports } = await archived();

    expect(await recordOfInteraction(ports, InteractionId.parse('nobody'))).toBeUndefined();
  });

  it('ARC-08 an object gives all of its records, known to the ledger or not', async () => {
    const { ports } = await archived();
    const owner = { tenant: ports.ledger.tenant, day: MAY_15 };
    const [stray] = await Array.fromAsync(
      sealRecords({ ...ports, workFolder: tmpdir() }, owner, [[sampleRecord('y'), sampleRecord('z')]]),
    );

    const lines = await Array.fromAsync(recordsOfObject(ports, stray?.key ?? ''));

    expect(lines).toEqual([sampleRecord('y').line, sampleRecord('z').line]);
  });

  it('ARC-08 an object that is not there is missing by name', async () => {
    const { ports } = await archived();

    const error = await thrownBy(
      Array.fromAsync(recordsOfObject(ports, 'archive/acme/2024-05-15/x.enc.json')),
    );

    expect(error.name).toBe('ObjectMissing');
  });
});

function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  const at = changed.indexOf('"ciphertext":"') + 20;
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}
