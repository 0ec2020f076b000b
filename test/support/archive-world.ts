import { tmpdir } from 'node:os';
import { completionReport } from '../../lambdas/archive/completion.ts';
import { listArchiveDays } from '../../lambdas/archive/days.ts';
import { canonicalJson } from '../../lambdas/archive/exact-json.ts';
import { parseArchiveInput } from '../../lambdas/archive/input.ts';
import { type ListedBy, listInteractions } from '../../lambdas/archive/listing.ts';
import { type Finding, lookUp } from '../../lambdas/archive/look-up.ts';
import { markDay } from '../../lambdas/archive/mark-day.ts';
import { openObject, recordsOf } from '../../lambdas/archive/open.ts';
import { beginRun, planArchive } from '../../lambdas/archive/plan.ts';
import { type ArchiveOutcome, reconcileArchive } from '../../lambdas/archive/reconcile.ts';
import { type ArchiveRequest, readRequest } from '../../lambdas/archive/request.ts';
import { sealDay } from '../../lambdas/archive/seal-day.ts';
import { type AuditPorts, readRecords } from '../../lambdas/audit/chain.ts';
import { verifyAudit } from '../../lambdas/audit/verify.ts';
import { auditWindow } from '../../lambdas/audit/window-commits.ts';
import { type ArchiveEntry, archiveDayOf, readArchiveEntry } from '../../lambdas/ledger/archive-entries.ts';
import { archiveObjects } from '../../lambdas/ledger/archive-objects.ts';
import { claimWindow, type WindowLedger } from '../../lambdas/ledger/windows.ts';
import { ListedInteraction } from '../../lambdas/model/archive-payloads.ts';
import { AuditRecord } from '../../lambdas/model/audit.ts';
import { Day, dayOf } from '../../lambdas/model/days.ts';
import { type RunArn, TenantId } from '../../lambdas/model/ids.ts';
import { ARCHIVE_DATASET, InteractionId } from '../../lambdas/model/interactions.ts';
import type { ClaimedWindow } from '../../lambdas/model/payloads.ts';
import type { MacKey, ObjectStore, Table } from '../../lambdas/model/ports.ts';
import { heldDataKeys } from './archive-keys.ts';
import { contactCenter, type FakeContactCenter } from './contact-center.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { memoryMac } from './memory-mac.ts';
import { type MemoryObjectStore, memoryObjectStore } from './memory-object-store.ts';
import { memoryTable } from './memory-table.ts';
import { runCalled } from './window-ledger.ts';

export const FIELD = 'archival_status';
export const VALUE = 'archived';
const SETTINGS = { lookBackMinutes: 60, catchUpDays: 14 };
const BATCH = 7;
const PIPELINE = 'interaction-archive';

/** What the functions of the archive work with, in this process. */
export interface ArchiveWorld {
  clock: FakeClock;
  center: FakeContactCenter;
  table: Table;
  objects: MemoryObjectStore;
  ledger: WindowLedger;
  dataKeys: ReturnType<typeof heldDataKeys>;
  mac: MacKey;
  findings: Finding[];
}

/** A world at an instant, in which nothing has been archived. */
export function archiveWorld(now = '2024-05-16T03:30:00.000Z'): ArchiveWorld {
  const clock = fakeClock(now);
  const table = memoryTable();
  const tenant = TenantId.parse('acme');
  return {
    clock,
    center: contactCenter(clock),
    table,
    objects: memoryObjectStore(),
    ledger: { table, tenant, clock },
    dataKeys: heldDataKeys(),
    mac: memoryMac(),
    findings: [],
  };
}

/** Ports that a run works through: those of the world, unless a test puts something between. */
export interface Through {
  table?: Table;
  objects?: ObjectStore;
  goesOn?: () => boolean;
  objectBytes?: number;
  /** Other runs whose executions are over. Default: all. */
  hasEnded?: (run: RunArn) => Promise<boolean>;
  /** The configured first day of the archive. */
  startDate?: Day;
  /** What stops a day stops its child, and the run goes on, as in a Map that tolerates failures. Default: it stops the run. */
  childrenFail?: boolean;
}

/** A run of the archive as its machine goes through it: state by state, each function's work until it has no more to do. */
export async function archive(
  world: ArchiveWorld,
  name: string,
  input: Record<string, unknown> = {},
  through: Through = {},
): Promise<ArchiveOutcome> {
  const run = runCalled(name);
  const { ledger, objects } = portsOf(world, through);
  const startedAt = world.clock.now();
  const parsed = parseArchiveInput(input, new Date(startedAt).toISOString());
  const settings = through.startDate === undefined ? SETTINGS : { ...SETTINGS, startDate: through.startDate };
  await beginRun({ ledger, objects }, await planArchive(ledger, parsed, settings), run);
  return goOn(world, { run, round: 0 }, startedAt, through);
}

/** What follows the plan, in a round of it. */
export async function goOn(
  world: ArchiveWorld,
  by: ListedBy,
  startedAt: number,
  through: Through = {},
): Promise<ArchiveOutcome> {
  const { ledger, objects } = portsOf(world, through);
  const request = await readRequest(objects, ledger.tenant, by.run);
  await list(world, by, request, through);
  for (const items of await batchesOf(world, by)) await look(world, by, items, through);
  await listArchiveDays({ ledger, objects }, by, request);
  for (const day of await listedDays(world, by))
    await archiveOneDay(world, by, day, request, through).catch((error: unknown) => {
      if (through.childrenFail !== true) throw error;
    });
  return reconcileArchive({ ledger, objects }, by, request, startedAt);
}

async function list(
  world: ArchiveWorld,
  by: ListedBy,
  request: ArchiveRequest,
  through: Through,
): Promise<void> {
  const { goesOn = () => true } = through;
  for (let more = true; more; ) {
    const ports = { ...portsOf(world, through), interactions: world.center, goesOn };
    more = (await listInteractions(ports, by, request)).more;
  }
}

async function look(
  world: ArchiveWorld,
  by: ListedBy,
  items: ListedInteraction[],
  through: Through,
): Promise<void> {
  const { goesOn = () => true } = through;
  for (let more = true; more; ) {
    const ports = {
      ...portsOf(world, through),
      interactions: world.center,
      random: () => 0.5,
      goesOn,
      note: (finding: Finding) => world.findings.push(finding),
    };
    const batch = { ...by, day: dayOf(world.clock.now()), field: FIELD, items };
    more = (await lookUp(ports, batch)).more;
  }
}

async function archiveOneDay(
  world: ArchiveWorld,
  by: ListedBy,
  day: Day,
  request: ArchiveRequest,
  through: Through,
): Promise<void> {
  const { ledger } = portsOf(world, through);
  const { hasEnded = async () => true } = through;
  const window = { run: by.run, dataset: ARCHIVE_DATASET, day };
  const claimed = await claimWindow(ledger, { ...window, task: 'export' }, hasEnded);
  if (claimed.outcome !== 'claimed') return;
  const claim = { ...window, epoch: claimed.epoch };
  const chain = { ...portsOf(world, through), mac: world.mac };
  await seal(world, claim, by.round, through);
  await auditWindow(chain, { ...window, pipeline: PIPELINE });
  await mark(world, claim, by.round, request, through);
  await auditWindow(chain, { ...window, pipeline: PIPELINE });
}

/** Seals a claimed day until there is no more of it. */
export async function seal(
  world: ArchiveWorld,
  claim: ClaimedWindow,
  round: number,
  through: Through = {},
): Promise<void> {
  const { goesOn = () => true, objectBytes } = through;
  for (let more = true; more; ) {
    const ports = {
      ...portsOf(world, through),
      sealing: { mode: 'kms' as const, dataKeys: world.dataKeys },
      workFolder: tmpdir(),
      goesOn,
      ...(objectBytes === undefined ? {} : { objectBytes }),
    };
    more = (await sealDay(ports, claim, { round, value: VALUE })).more;
  }
}

async function mark(
  world: ArchiveWorld,
  claim: ClaimedWindow,
  round: number,
  { mode }: ArchiveRequest,
  through: Through,
): Promise<void> {
  const { goesOn = () => true } = through;
  let after: string | undefined;
  for (let more = true; more; ) {
    const ports = {
      ledger: portsOf(world, through).ledger,
      interactions: world.center,
      random: () => 0.5,
      goesOn,
      note: () => undefined,
    };
    const marking = { round, field: FIELD, value: VALUE, after, insists: mode === 'pending' };
    const marked = await markDay(ports, claim, marking);
    more = marked.more;
    after = marked.after;
  }
}

function portsOf({ table, objects, ledger }: ArchiveWorld, through: Through) {
  return {
    ledger: { ...ledger, table: through.table ?? table },
    objects: through.objects ?? objects,
  };
}

async function batchesOf(
  { objects, ledger }: ArchiveWorld,
  { run, round }: ListedBy,
): Promise<ListedInteraction[][]> {
  const key = `runs/${ledger.tenant}/interaction-archive/${run.split(':').at(-1)}/interactions-${round}.jsonl`;
  const lines = (await objects.readText(key)).split('\n').filter((line) => line !== '');
  const items = lines.map((line) => ListedInteraction.parse(JSON.parse(line)));
  return Array.from({ length: Math.ceil(items.length / BATCH) }, (_, index) =>
    items.slice(index * BATCH, (index + 1) * BATCH),
  );
}

async function listedDays({ objects, ledger }: ArchiveWorld, { run, round }: ListedBy): Promise<Day[]> {
  const key = `runs/${ledger.tenant}/interaction-archive/${run.split(':').at(-1)}/windows-${round + 1}.json`;
  const listed: { day: string }[] = JSON.parse(await objects.readText(key));
  return listed.map(({ day }) => Day.parse(day));
}

/** An interaction as it lies in the archive: the object, and the record's text. */
export interface Archived {
  id: string;
  object: string;
  text: string;
}

/** Every record of every object in the bucket, opened. */
export async function allArchived(world: ArchiveWorld): Promise<Archived[]> {
  const found: Archived[] = [];
  for await (const { key } of world.objects.list('archive/')) {
    const ports = { objects: world.objects, opening: { dataKeys: world.dataKeys } };
    const opened = await openObject(ports, { tenant: world.ledger.tenant, object: key });
    for await (const text of recordsOf(opened, key)) {
      const { interaction_id: id }: { interaction_id: string } = JSON.parse(text);
      found.push({ id, object: key, text });
    }
  }
  return found;
}

/** Keys of the objects that the ledger knows. */
export async function knownObjects({ ledger }: ArchiveWorld): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of archiveObjects(ledger)) keys.push(key);
  return keys;
}

/** The events of the audit chain, in their order, and what comes of verifying it. */
export async function auditOf({ ledger, objects, mac }: AuditPorts) {
  const records = await Array.fromAsync(readRecords(ledger, PIPELINE));
  return {
    events: records.map(({ text }) => AuditRecord.parse(JSON.parse(text)).event),
    verdict: await verifyAudit({ ledger, objects, mac }, PIPELINE, [ARCHIVE_DATASET]),
  };
}

/** What the ledger knows of an interaction. */
export async function entryOf({ ledger }: ArchiveWorld, id: string): Promise<ArchiveEntry | undefined> {
  const interaction = InteractionId.parse(id);
  const day = await archiveDayOf(ledger, interaction);
  return day === undefined ? undefined : readArchiveEntry(ledger, day, interaction);
}

/** The report of a run, as its last round left it. */
export function reportOf({ ledger, clock }: ArchiveWorld, name: string, round = 0) {
  return completionReport(ledger, runCalled(name), { round, startedAt: clock.now(), takesPending: true });
}

/** A value as the archive writes it. */
export const written = canonicalJson;
