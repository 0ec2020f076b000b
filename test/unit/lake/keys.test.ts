import { describe, expect, it } from 'vitest';
import {
  currentKey,
  generationPrefix,
  partListKey,
  rawPartKey,
  runRecordKey,
  windowListKey,
  windowPrefix,
} from '../../../lambdas/lake/keys.ts';
import { TenantId } from '../../../lambdas/model/ids.ts';
import { CDR_DATASET, generationOf, MAY_15, runCalled } from '../../support/window-ledger.ts';

const ACME = TenantId.parse('acme');
const RUN = runCalled('night');

describe('the lake’s keys', () => {
  it('ALL-15 have the tenant as second segment, so that a role can be bounded to it', () => {
    const keys = [
      ...(['raw', 'lake', 'export', 'quarantine'] as const).map((kind) =>
        windowPrefix(kind, ACME, CDR_DATASET, MAY_15),
      ),
      currentKey(ACME, CDR_DATASET, MAY_15),
      windowListKey(ACME, 'cdr-export', RUN, 0),
      runRecordKey(ACME, 'cdr-export', RUN),
    ];

    const tenants = keys.map((key) => key.split('/')[1]);

    expect(new Set(tenants)).toEqual(new Set(['acme']));
  });

  it('CDR-01 are partitioned by the window’s day, as the design lays them out', () => {
    const keys = [
      rawPartKey(ACME, CDR_DATASET, MAY_15, 2, 7, 'csv'),
      partListKey(ACME, CDR_DATASET, MAY_15, 2),
      generationPrefix(ACME, CDR_DATASET, MAY_15, generationOf('a')),
      currentKey(ACME, CDR_DATASET, MAY_15),
      windowListKey(ACME, 'cdr-export', RUN, 3),
      runRecordKey(ACME, 'cdr-export', RUN),
    ];

    expect(keys).toEqual([
      'raw/acme/cdr/dt=2024-05-15/a2/part-00007.csv',
      'raw/acme/cdr/dt=2024-05-15/a2/parts.json',
      `lake/acme/cdr/dt=2024-05-15/gen=${'a'.repeat(32)}/`,
      'current/acme/cdr/dt=2024-05-15.json',
      'runs/acme/cdr-export/night/windows-3.json',
      'runs/acme/cdr-export/night.json',
    ]);
  });
});
