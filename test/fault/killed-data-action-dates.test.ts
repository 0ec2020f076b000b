import { expect } from 'vitest';
import { readRecords } from '../../lambdas/audit/chain.ts';
import { recordIn } from '../../lambdas/audit/record.ts';
import { actionName } from '../../local/cxone/data/action-text.ts';
import { actionOf, anHour, fieldsOf, numbers, restOf } from '../support/action-night.ts';
import { storesOf } from '../support/night-findings.ts';
import { describeCrashes } from './crash-matrix.ts';

/** Two with a version, one without, one without `dateProcessing`. */
const UPDATED = [1, 2, 3, 5];

await describeCrashes({
  title: 'ALL-03 ACT-05 ACT-07 a run of updates beside another writer',
  pipeline: 'data-action-dates',
  pipelines: { dataActions: { batchSize: 2, batchesAtOnce: 1 } },
  input: { updates: UPDATED.map((number) => anHour(number)) },
  simulator: { rows: 1, parts: 1, scenarios: ['actions:30', 'second-writer:0.5'] },
  services: ['dynamodb', 's3', 'kms', 'secretsmanager', 'http'],
  sample: 8,
  async expectRecovered(night) {
    for (const number of UPDATED) {
      expect(fieldsOf(night, number).computedValue).toBe('2024-03-10T07:30:00.000Z');
      expect(restOf(actionOf(night, number).text)).toBe(restOf(actionOf(night, number).untouched));
    }
    for (const number of numbers(6, 30)) expect(actionOf(night, number).writes).toBe(0);
    const recorded: unknown[] = [];
    for await (const { text } of readRecords(storesOf(night).ledger, 'data-action-dates')) {
      const { outcome, action } = recordIn(text)?.event.facts ?? {};
      if (outcome === 'updated') recorded.push(action);
    }
    expect(recorded.toSorted(), 'one record a change').toEqual(UPDATED.map(actionName));
    expect(night.violations()).toEqual([]);
  },
});
