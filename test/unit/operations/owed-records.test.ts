import { describe, expect, it } from 'vitest';
import { changeArchiveDay } from '../../../lambdas/ledger/archive-days.ts';
import { commitGeneration, leaveCommit } from '../../../lambdas/ledger/commits.ts';
import { conditionalUpdate } from '../../../lambdas/ledger/expressions.ts';
import { windowKey } from '../../../lambdas/ledger/keys.ts';
import { recordedCommit } from '../../../lambdas/ledger/later-steps.ts';
import { noteChange, settleChange } from '../../../lambdas/ledger/owed-changes.ts';
import { readWindow, type WindowLedger } from '../../../lambdas/ledger/windows.ts';
import { CommitEntry } from '../../../lambdas/model/audit.ts';
import { Day, isoInstant, plusDays } from '../../../lambdas/model/days.ts';
import { ActionId } from '../../../lambdas/model/ids.ts';
import { ARCHIVE_DATASET } from '../../../lambdas/model/interactions.ts';
import { Deployed } from '../../../lambdas/model/status.ts';
import { tenantStatus } from '../../../lambdas/operations/status.ts';
import { printStatus } from '../../../local/command/status-report.ts';
import { plannedUpdate } from '../../support/fake-data-actions.ts';
import { memoryTable } from '../../support/memory-table.ts';
import {
  CDR_DATASET,
  claimed,
  factsOf,
  generationOf,
  MAY_15,
  runCalled,
  windowLedger,
} from '../../support/window-ledger.ts';
import { recordedOutputs } from '../command/recorded-output.ts';

const DEPLOYED = Deployed.parse({
  pipelines: ['cdr-export', 'interaction-archive', 'data-action-dates'],
  datasets: [{ dataset: CDR_DATASET, pipeline: 'cdr-export' }],
  breakers: [],
  nightly: [],
});

/** A run that commits a day and is stopped before its Audit state. */
async function committedOnly(ledger: WindowLedger, day = MAY_15) {
  const claim = await claimed(ledger, runCalled('night'), { day });
  const generation = generationOf('a');
  await commitGeneration(ledger, claim, factsOf(generation));
  await leaveCommit(ledger, claim, generation);
}

const owedOf = async (ledger: WindowLedger) => (await tenantStatus(ledger, DEPLOYED)).owedRecords;

describe('the status of a tenant', () => {
  it('OPS-08 ALL-12 names the window whose commit owes a record, since when and by which run, until it is made', async () => {
    const { ledger, clock } = windowLedger(memoryTable());
    await committedOnly(ledger);

    const owed = await owedOf(ledger);
    const [text = ''] = (await readWindow(ledger, CDR_DATASET, MAY_15)).unaudited;
    const record = { pipeline: 'cdr-export' as const, sequence: 1, text };
    await recordedCommit(ledger, CommitEntry.parse(JSON.parse(text)), record);

    const since = isoInstant(clock.now());
    expect(owed).toEqual([
      {
        pipeline: 'cdr-export',
        count: 1,
        first: [{ dataset: 'cdr', day: MAY_15, since, run: 'night' }],
        cure: expect.stringContaining('next run'),
      },
    ]);
    expect(await owedOf(ledger)).toEqual([]);
  });

  it('OPS-08 ARC-08 names the archive day that owes one', async () => {
    const { ledger } = windowLedger(memoryTable());
    const claim = await claimed(ledger, runCalled('archive'), { dataset: ARCHIVE_DATASET });
    await changeArchiveDay(ledger, claim, {}, { step: 'marks', name: 'archive/0', facts: { marked: 3 } });

    const [owed] = await owedOf(ledger);

    expect(owed).toMatchObject({ pipeline: 'interaction-archive', count: 1, first: [{ day: MAY_15 }] });
  });

  it('OPS-08 ACT-05 names the data action whose change is owed, whatever its id is made of, and no settled one', async () => {
    const { ledger } = windowLedger(memoryTable());
    const change = { run: runCalled('updates'), before: '{}', wanted: { set: {}, remove: [] }, times: 1 };
    const noted = (id: string, index: number) =>
      noteChange(ledger, { ...change, id: ActionId.parse(id), update: plannedUpdate({}, index) });
    await noted('a#1', 0);
    await settleChange(ledger, await noted('b', 1), 1);

    const [owed] = await owedOf(ledger);

    expect(owed).toMatchObject({
      pipeline: 'data-action-dates',
      count: 1,
      first: [{ action: 'a#1', run: 'updates' }],
    });
  });

  it('OPS-08 ALL-17 lists the ten oldest and counts the others, an item of another form among them', async () => {
    const { ledger, clock } = windowLedger(memoryTable());
    for (let ago = 0; ago < 12; ago++) {
      await committedOnly(ledger, plusDays(MAY_15, -ago));
      await clock.sleep(1_000);
    }
    await ledger.table.update(
      windowKey(ledger.tenant, CDR_DATASET, MAY_15),
      conditionalUpdate({ add: { unaudited: new Set(['what a later release writes']) } }),
    );

    const [owed] = await owedOf(ledger);

    expect([owed?.count, owed?.first.length]).toEqual([13, 10]);
    expect(owed?.first.slice(0, 2)).toEqual([
      { dataset: 'cdr', day: MAY_15 },
      expect.objectContaining({ day: MAY_15 }),
    ]);
  });

  it('OPS-08 prints what is owed, and what makes it', async () => {
    const { ledger } = windowLedger(memoryTable());
    await committedOnly(ledger, Day.parse('2024-05-14'));
    const outputs = recordedOutputs();

    printStatus(outputs.out, await tenantStatus(ledger, DEPLOYED));

    expect(outputs.stdout).toContain(
      'cdr 2024-05-14: owes an audit record since 2024-05-16 03:30, of run night.\ncdr-export: The next run',
    );
  });
});
