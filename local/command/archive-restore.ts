import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  type RestoreFailure,
  recordOfInteraction,
  recordsOfDay,
  recordsOfObject,
} from '../../lambdas/archive/restore.ts';
import { CataloguedError } from '../../lambdas/model/errors.ts';
import { InteractionId } from '../../lambdas/model/interactions.ts';
import { parseOrRefuse } from '../../lambdas/model/refusal.ts';
import { type ArchivePlace, daysOf, type OpenArchive, withArchives } from './archive-lake.ts';
import { pathOf } from './copy-out.ts';
import { CommandRefused, EXIT, type ExitCode } from './exit-codes.ts';
import type { Outputs } from './output.ts';
import { counted } from './wording.ts';

/** What `archive restore` is asked for: days, one interaction, or one object, as JSON lines under a folder. */
export interface ArchiveRestoreRequest extends ArchivePlace {
  to: string;
  day?: string;
  interaction?: string;
  object?: string;
}

/**
 * Restores records as JSON lines, one file a day, an interaction or an object: `<to>/<tenant>/<day>.jsonl`. A file gets its name when it is
 * whole. Exit code 1 where something could not be restored.
 */
export async function restoreArchive(request: ArchiveRestoreRequest, outputs: Outputs): Promise<ExitCode> {
  const { day, interaction, object } = request;
  if ([day, interaction, object].filter((given) => given !== undefined).length !== 1)
    throw new CommandRefused(['What to restore is one of --day, --interaction and --object.']);
  const days = day === undefined ? [] : daysOf(day);
  const id =
    interaction === undefined ? undefined : parseOrRefuse(InteractionId, interaction, 'The interaction');
  const restored = await withArchives(request, async (archive) => {
    const restore = new Restore(archive, request.to, outputs);
    for (const one of days)
      await restore.file(`${one}.jsonl`, (failed) => recordsOfDay(archive, one, failed));
    if (id !== undefined) await restore.interaction(id);
    if (object !== undefined && object.split('/')[1] === archive.ledger.tenant)
      await restore.file(`${baseName(object)}.jsonl`, (failed) => objectOf(archive, object, failed));
    return restore;
  });
  const records = restored.reduce((sum, one) => sum + one.records, 0);
  const failures = restored.reduce((sum, one) => sum + one.failures, 0);
  outputs.err.line(`${counted(records, 'record')} restored to ${request.to}.`);
  return failures === 0 && (records > 0 || days.length > 0) ? EXIT.done : EXIT.failed;
}

async function* objectOf(
  archive: OpenArchive,
  object: string,
  failed: (failure: RestoreFailure) => void,
): AsyncGenerator<string> {
  try {
    yield* recordsOfObject(archive, object);
  } catch (error) {
    if (!(error instanceof CataloguedError)) throw error;
    failed({ object, error, records: 0 });
  }
}

/** What is restored of one tenant's archive. */
class Restore {
  records = 0;
  failures = 0;
  readonly #archive: OpenArchive;
  readonly #to: string;
  readonly #outputs: Outputs;

  constructor(archive: OpenArchive, to: string, outputs: Outputs) {
    this.#archive = archive;
    this.#to = to;
    this.#outputs = outputs;
  }

  /** Writes one file of records; none where there is no record. */
  async file(
    name: string,
    recordsOf: (failed: (failure: RestoreFailure) => void) => AsyncIterable<string>,
  ): Promise<void> {
    const target = pathOf(this.#to, join(this.#archive.ledger.tenant, name));
    const unfinished = `${target}.${process.pid}.unfinished`;
    await mkdir(dirname(target), { recursive: true });
    const before = this.records;
    try {
      const lines = this.#counted(recordsOf((failure) => this.#failed(failure)));
      await pipeline(Readable.from(lines), createWriteStream(unfinished, { mode: 0o600 }));
      if (this.records === before) return;
      await rename(unfinished, target);
      this.#outputs.out.line(target);
    } finally {
      await rm(unfinished, { force: true });
    }
  }

  async interaction(id: InteractionId): Promise<void> {
    const { tenant } = this.#archive.ledger;
    try {
      const found = await recordOfInteraction(this.#archive, id);
      if (found === undefined)
        return this.#outputs.err.line(`${tenant}: the ledger has no archive of ${id}.`);
      const { line, object, day } = found;
      if (line === undefined) return this.#failed({ object, records: 1 });
      await this.file(join(day, `${encodeURIComponent(id)}.jsonl`), async function* () {
        yield line;
      });
    } catch (error) {
      if (!(error instanceof CataloguedError)) throw error;
      this.#failed({ object: id, error, records: 1 });
    }
  }

  async *#counted(lines: AsyncIterable<string>): AsyncGenerator<string> {
    for await (const line of lines) {
      this.records += 1;
      yield `${line}\n`;
    }
  }

  #failed({ object, error, records }: RestoreFailure): void {
    const { err } = this.#outputs;
    this.failures += 1;
    const sentence =
      error === undefined
        ? `${object} lacks ${counted(records, 'record')} that the ledger says it holds.`
        : `${error.name}: ${error.message}`;
    err.line(err.paint('red', sentence));
    if (error !== undefined) err.line(`  Next: ${error.entry.remedy}`);
  }
}

function baseName(object: string): string {
  return object.slice(object.lastIndexOf('/') + 1).replace(/\.enc\.json$/, '');
}
