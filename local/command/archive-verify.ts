import {
  type ArchiveFinding,
  type ArchiveVerdict,
  verifyDay,
  verifyStray,
} from '../../lambdas/archive/verify.ts';
import { archivePrefix } from '../../lambdas/lake/keys.ts';
import { archiveObjects } from '../../lambdas/ledger/archive-objects.ts';
import { Day } from '../../lambdas/model/days.ts';
import { type ArchivePlace, daysOf, type OpenArchive, withArchives } from './archive-lake.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { Outputs } from './output.ts';
import { counted } from './wording.ts';

/** What `archive verify` is asked for: days, or all that there are. */
export interface ArchiveVerifyRequest extends ArchivePlace {
  day?: string;
  /** The custom field that archived interactions are marked in. */
  field: string;
  json?: boolean;
}

/**
 * Opens every archive object and compares it with the ledger. Exit code 0 where all is as the ledger has it, 1 where
 * something is not.
 */
export async function verifyArchive(request: ArchiveVerifyRequest, outputs: Outputs): Promise<ExitCode> {
  const asked = request.day === undefined ? undefined : daysOf(request.day);
  const archives = await withArchives(request, async (archive) => {
    const total: ArchiveVerdict = { objects: 0, records: 0, replaced: 0, findings: [] };
    const add = ({ objects, records, replaced, findings }: ArchiveVerdict) => {
      total.objects += objects;
      total.records += records;
      total.replaced += replaced;
      total.findings.push(...findings);
    };
    const ports = { ...archive, field: request.field };
    const { days, strays } = asked === undefined ? await allOf(archive) : { days: asked, strays: [] };
    for (const day of days) {
      outputs.err.redraw(`${archive.ledger.tenant} ${day}`);
      add(await verifyDay(ports, day));
    }
    for (const stray of strays) add(await verifyStray(ports, stray));
    outputs.err.redraw('');
    return { tenant: archive.ledger.tenant, ...total };
  });
  if (request.json) outputs.out.line(JSON.stringify({ archives }));
  else for (const archive of archives) describe(archive, outputs);
  return archives.some(({ findings }) => findings.length > 0) ? EXIT.failed : EXIT.done;
}

/** Every day that the bucket or the ledger has an object of, and the objects that lie under no day. */
async function allOf({
  ledger,
  objects,
}: OpenArchive): Promise<{ days: Day[]; strays: { key: string; bytes: number }[] }> {
  const days = new Set<Day>();
  const strays: { key: string; bytes: number }[] = [];
  for await (const { day } of archiveObjects(ledger)) days.add(day);
  for await (const object of objects.list(archivePrefix(ledger.tenant))) {
    const [, , folder, name] = object.key.split('/');
    const day = name === undefined ? undefined : Day.safeParse(folder).data;
    if (day === undefined) strays.push(object);
    else days.add(day);
  }
  return { days: [...days].toSorted(), strays };
}

function describe(
  { tenant, objects, records, replaced, findings }: ArchiveVerdict & { tenant: string },
  { out }: Outputs,
): void {
  const state =
    findings.length === 0
      ? out.paint('green', 'as the ledger has them')
      : out.paint('red', 'NOT as the ledger has them');
  const later = replaced === 0 ? '' : `, ${replaced} of them replaced by later ones`;
  out.line(`${tenant}: ${counted(objects, 'object')} with ${counted(records, 'record')}${later}, ${state}`);
  for (const finding of findings) out.line(`  ${finding.object}: ${sentenceOf(finding)}`);
}

function sentenceOf(finding: ArchiveFinding): string {
  switch (finding.problem) {
    case 'unopened':
      return `${finding.error}. ${finding.sentence}`;
    case 'unknownObject':
      return `the ledger does not know it; it holds ${counted(finding.records, 'record')}`;
    case 'missingObject':
      return `it is not there; the ledger says it holds ${counted(finding.records, 'record')}`;
    case 'missingRecords':
      return `it lacks ${counted(finding.records, 'record')} that the ledger says it holds, ${finding.interaction} first`;
    case 'changedRecords':
      return `${counted(finding.records, 'record')} of it do not have the ledger's digest, ${finding.interaction} first`;
    case 'unknownRecords':
      return `the ledger knows nothing of ${counted(finding.records, 'record')} of it, ${finding.interaction} first`;
    case 'otherCounts':
      return `the ledger says ${finding.stated}; it has ${finding.found}`;
  }
}
