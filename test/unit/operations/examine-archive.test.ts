import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Opening, Sealing } from '../../../lambdas/archive/keys.ts';
import type { Examination } from '../../../lambdas/model/doctor.ts';
import { catalogued } from '../../../lambdas/model/errors.ts';
import { TenantId } from '../../../lambdas/model/ids.ts';
import { examineArchive } from '../../../lambdas/operations/examine-archive.ts';
import { heldDataKeys, passphrasesOf } from '../../support/archive-keys.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const TENANT = TenantId.parse('acme');
const WORK = mkdtempSync(join(tmpdir(), 'examine-archive-'));
afterAll(() => rmSync(WORK, { recursive: true }));

const PASSPHRASE = 'kept-to-itself-by-everybody';
const BEFORE: Examination = {
  tenant: TENANT,
  at: '2024-05-16T03:30:00.000Z',
  healthy: true,
  findings: [{ check: 'ledger', state: 'ok', said: 'The ledger answers.' }],
};

async function examined(sealing: Sealing, opening?: Opening) {
  const clock = fakeClock('2024-05-16T03:30:00.000Z');
  const archive = { tenant: TENANT, clock, workFolder: WORK, sealing, ...(opening && { opening }) };
  const { healthy, findings } = await examineArchive(archive, BEFORE);
  expect(JSON.stringify(findings)).not.toContain(PASSPHRASE);
  return { healthy, before: findings[0], found: findings.at(-1), findings: findings.length };
}

const held = (text = PASSPHRASE) => passphrasesOf({ '2024': 'an-older-passphrase', '2026': text });
const by = (passphrases: Opening['passphrases']) => ({ passphrases: passphrases ?? held() });

describe('an examination of the archive’s keys', () => {
  it('OPS-08 ARC-03 seals a record by the current passphrase and opens it again', async () => {
    const told = await examined({ mode: 'passphrase', ...by(held()) }, by(held()));

    expect(told).toMatchObject({
      healthy: true,
      before: BEFORE.findings[0],
      found: { check: 'archiveKey', state: 'ok' },
      findings: 2,
    });
  });

  it('OPS-08 ARC-03 has data keys of KMS made, and opens none', async () => {
    const { generate } = heldDataKeys();
    const open = () => Promise.reject(new Error('Nobody opens data keys here.'));

    const told = await examined({ mode: 'kms', dataKeys: { generate, open } });

    expect(told).toMatchObject({ healthy: true, found: { check: 'archiveKey', state: 'ok' } });
  });

  it('OPS-08 names a secret that cannot be used, with its cure', async () => {
    const read = () => Promise.reject(catalogued('ArchiveKeyMissing', 'The secret cannot be used.'));

    const told = await examined({ mode: 'passphrase', ...by({ read }) }, by({ read }));

    expect(told).toMatchObject({
      healthy: false,
      found: {
        check: 'archiveKey',
        state: 'failed',
        error: 'ArchiveKeyMissing',
        cure: expect.stringContaining('passphrases'),
      },
    });
  });

  it('OPS-08 names a passphrase that does not open what was sealed', async () => {
    const told = await examined(
      { mode: 'passphrase', ...by(held()) },
      by(held('another-passphrase-of-2026')),
    );

    expect(told.found).toMatchObject({ state: 'failed', error: 'ArchiveKeyWrong' });
  });

  it('OPS-08 names what AWS refuses', async () => {
    const generate = () => Promise.reject(new Error('not authorized to perform kms:GenerateDataKey'));
    const { open } = heldDataKeys();

    const told = await examined({ mode: 'kms', dataKeys: { generate, open } });

    expect(told.found).toMatchObject({ state: 'failed', error: 'AwsCallFailed' });
  });

  it('OPS-08 finds an archive well after something else failed, and leaves the whole unhealthy', async () => {
    const clock = fakeClock('2024-05-16T03:30:00.000Z');
    const failed = { check: 'secret' as const, state: 'failed' as const, said: 'It is not there.' };
    const sealing: Sealing = { mode: 'kms', dataKeys: heldDataKeys() };

    const { healthy } = await examineArchive(
      { tenant: TENANT, clock, sealing, workFolder: WORK },
      { ...BEFORE, healthy: false, findings: [failed] },
    );

    expect(healthy).toBe(false);
  });
});
