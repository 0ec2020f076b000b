import { readArchiveDay } from '../../lambdas/ledger/archive-days.ts';
import { type GivenUp, givenUpOf } from '../../lambdas/ledger/archive-decisions.ts';
import {
  type ArchiveEntry,
  archiveDayOf,
  archiveEntries,
  isArchived,
  readArchiveEntry,
} from '../../lambdas/ledger/archive-entries.ts';
import { type ArchiveObject, archiveObjects } from '../../lambdas/ledger/archive-objects.ts';
import type { WindowLedger } from '../../lambdas/ledger/windows.ts';
import type { Day } from '../../lambdas/model/days.ts';
import { InteractionId } from '../../lambdas/model/interactions.ts';
import { parseOrRefuse } from '../../lambdas/model/refusal.ts';
import { type ArchivePlace, dayOfObject, daysOf, withArchives } from './archive-lake.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { Outputs } from './output.ts';
import { textTable } from './text-table.ts';
import { byteSize } from './wording.ts';

/** What `archive ls` is asked for: the objects of days (default: of all), the interactions in one object, or one interaction. */
export interface ArchiveListRequest extends ArchivePlace {
  day?: string;
  object?: string;
  interaction?: string;
  json?: boolean;
}

/** Lists objects, or interactions, as the ledger has them. Opens nothing. */
export async function listArchive(request: ArchiveListRequest, outputs: Outputs): Promise<ExitCode> {
  const days = request.day === undefined ? undefined : daysOf(request.day);
  const found = await withArchives(request, async ({ ledger }) => {
    const interactions = await interactionsOf(ledger, request);
    return { tenant: ledger.tenant, ...(interactions ?? { objects: await objectsOf(ledger, days) }) };
  });
  if (request.json) outputs.out.line(JSON.stringify({ archives: found }));
  else for (const archive of found) print(archive, outputs);
  return EXIT.done;
}

interface Listed {
  tenant: string;
  objects?: ArchiveObject[];
  interactions?: ListedEntry[];
}

/** An interaction, with what an operator has decided about it. */
type ListedEntry = ArchiveEntry & { decision?: GivenUp };

async function interactionsOf(
  ledger: WindowLedger,
  { interaction, object }: ArchiveListRequest,
): Promise<Pick<Listed, 'interactions'> | undefined> {
  if (interaction !== undefined) {
    const id = parseOrRefuse(InteractionId, interaction, 'The interaction');
    const day = await archiveDayOf(ledger, id);
    const entry = day && (await readArchiveEntry(ledger, day, id));
    return { interactions: entry === undefined ? [] : await withDecisions(ledger, entry.day, [entry]) };
  }
  if (object === undefined) return undefined;
  const day = dayOfObject(object);
  const entries = await Array.fromAsync(archiveEntries(ledger, day));
  const held = entries.filter((entry) => entry.object === object);
  return { interactions: await withDecisions(ledger, day, held) };
}

async function withDecisions(
  ledger: WindowLedger,
  day: Day,
  entries: readonly ArchiveEntry[],
): Promise<ListedEntry[]> {
  const decisions = givenUpOf(await readArchiveDay(ledger, day));
  return entries.map((entry) => {
    const found = decisions.find(({ id }) => id === entry.id);
    if (found === undefined || isArchived(entry)) return entry;
    const { text: _, ...decision } = found;
    return { ...entry, decision };
  });
}

async function objectsOf(ledger: WindowLedger, days: readonly Day[] | undefined): Promise<ArchiveObject[]> {
  const [from] = days ?? [];
  const to = days?.at(-1);
  return Array.fromAsync(archiveObjects(ledger, from === undefined || to === undefined ? {} : { from, to }));
}

function print({ tenant, objects, interactions }: Listed, { out, err }: Outputs): void {
  if (objects !== undefined)
    table(
      ['tenant', 'day', 'records', 'size', 'sealed', 'object'],
      objects.map(({ day, records, sealedBytes, sealedAt, key }) => [
        tenant,
        day,
        String(records),
        byteSize(sealedBytes),
        sealedAt,
        key,
      ]),
    );
  if (interactions !== undefined)
    table(
      ['tenant', 'day', 'interaction', 'state', 'archived', 'object'],
      interactions.map(({ day, id, state, reason, failure, decision, archivedAt, object }) => [
        tenant,
        day,
        id,
        decision === undefined
          ? (reason ?? failure ?? state ?? 'not looked up')
          : `given up: ${decision.reason}`,
        archivedAt ?? '',
        object ?? '',
      ]),
    );

  function table(headings: readonly string[], rows: readonly string[][]): void {
    if (rows.length === 0) err.line(`${tenant}: the ledger knows of nothing like that.`);
    else
      for (const line of textTable(
        headings.map((heading) => ({ heading, numbers: heading === 'records' || heading === 'size' })),
        rows,
      ))
        out.line(line);
  }
}
