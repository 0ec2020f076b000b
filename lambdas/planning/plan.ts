import { windowListKey } from '../lake/keys.ts';
import { fixStartDate, readMarks } from '../ledger/marks.ts';
import { notePlan } from '../ledger/run-notes.ts';
import { isSettled } from '../ledger/window-state.ts';
import { readWindows, type WindowLedger } from '../ledger/windows.ts';
import type { Day } from '../model/days.ts';
import { adhocDataset, type RunArn } from '../model/ids.ts';
import type { ListedWindow, PlanSettings } from '../model/payloads.ts';
import type { ObjectStore } from '../model/ports.ts';
import type { ParsedInput } from './run-input.ts';
import { isAdhoc, type KnownWindows, planWindows, type WindowPlan } from './windows.ts';

/** What the ledger says of a dataset's windows. */
export async function knownWindows(ledger: WindowLedger, settings: PlanSettings): Promise<KnownWindows> {
  const committed = new Set<Day>();
  const unfinished = new Set<Day>();
  for await (const window of readWindows(ledger, settings.dataset)) {
    if (window.generation === undefined) continue;
    committed.add(window.day);
    if (!isSettled(window)) unfinished.add(window.day);
  }
  const { startDate } = await readMarks(ledger, settings.dataset);
  return { committed, unfinished, startDate };
}

/**
 * Plans a run and leaves the list of its windows in S3, for the Map. A dry run leaves nothing. Planning again for the same
 * run overwrites the list with what is due by then.
 */
export async function planRun(
  ports: { ledger: WindowLedger; objects: ObjectStore },
  request: ParsedInput,
  run: RunArn,
  settings: PlanSettings,
): Promise<{ plan: WindowPlan; listKey: string }> {
  const known = await knownWindows(ports.ledger, settings);
  const plan = planWindows(request, settings, known);
  const listKey = windowListKey(ports.ledger.tenant, settings.pipeline, run, 0);
  if (request.input.dryRun === true) return { plan, listKey };
  const adhoc = isAdhoc(request.input);
  if (!adhoc) await fixStartDate(ports.ledger, settings.dataset, plan.startDate);
  const dataset = adhoc ? adhocDataset(settings.dataset, run) : settings.dataset;
  const { columns, filters } = request.input;
  const list = plan.windows.map(
    (window): ListedWindow => ({ ...window, dataset, overrides: { columns, filters } }),
  );
  await ports.objects.writeText(listKey, JSON.stringify(list), 'application/json');
  const about = { tenant: ports.ledger.tenant, run, now: ports.ledger.clock.now() };
  await notePlan(ports.ledger.table, about, {
    listKey,
    alreadyCommitted: plan.alreadyCommitted,
    leftOver: plan.leftOver,
  });
  return { plan, listKey };
}
