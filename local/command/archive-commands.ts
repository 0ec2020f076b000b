import type { Command } from 'commander';
import { InteractionId } from '../../lambdas/model/interactions.ts';
import { parseOrRefuse } from '../../lambdas/model/refusal.ts';
import type { ArchiveListRequest } from './archive-list.ts';
import type { ArchiveRestoreRequest } from './archive-restore.ts';
import type { ArchiveVerifyRequest } from './archive-verify.ts';
import { CommandRefused } from './exit-codes.ts';
import type { PlaceOptions, ProgramParts } from './operator-commands.ts';

/** Adds the commands about the sealed archive: those that read it, and an operator's word on what cannot be archived. */
export function addArchive(
  program: Command,
  { choose, defaults, tenantId }: Omit<ProgramParts, 'pipelineName'>,
): void {
  const archive = program.command('archive').description('the sealed archive of interactions');
  const offered = (name: string, description: string) =>
    archive
      .command(name)
      .description(description)
      .option('--data <folder>', 'where everything is kept', defaults.data)
      .option('--tenant <id>', 'only its archive', tenantId)
      .option('--day <day>', 'a day, or days such as 2024-05-01..2024-05-08, without the last')
      .option('--passphrases <secret>', 'the secret with the passphrases, where the folder does not tell')
      .option('--ledger-table <name>', 'on AWS: LedgerTableName of the lake’s stack')
      .option('--bucket <name>', 'on AWS: LakeBucketName');
  offered('ls', 'list objects, or interactions')
    .option('--object <key>', 'the interactions in an object')
    .option('--interaction <id>', 'one interaction')
    .option('--json', 'one JSON document')
    .action((request: ArchiveListRequest) =>
      choose(
        async (outputs) => (await import('./archive-list.ts')).listArchive(request, outputs),
        request.json,
      ),
    );
  offered('restore', 'write records as JSON lines; exit code 1 where some cannot be restored')
    .requiredOption('--to <folder>', 'where to')
    .option('--object <key>', 'all records of an object')
    .option('--interaction <id>', 'the record of one interaction')
    .action((request: ArchiveRestoreRequest) =>
      choose(async (outputs) => (await import('./archive-restore.ts')).restoreArchive(request, outputs)),
    );
  offered('verify', 'open everything and compare it with the ledger; exit code 1 where something differs')
    .option('--field <id>', 'the custom field that archived interactions are marked in', 'archival_status')
    .option('--json', 'one JSON document')
    .action((request: ArchiveVerifyRequest) =>
      choose(
        async (outputs) => (await import('./archive-verify.ts')).verifyArchive(request, outputs),
        request.json,
      ),
    );
  archive
    .command('give-up')
    .description(
      'let runs count interactions as unavailable that can never be archived, and look them up no more',
    )
    .argument('<id...>', 'interactions, up to 100')
    .option('--reason <text>', 'why; goes into the audit chain, so without anybody’s data')
    .option('--undo', 'let runs look them up again')
    .option('--config <file>', 'the configuration', defaults.config)
    .option('--data <folder>', 'where everything is kept', defaults.data)
    .option('--tenant <id>', 'whose, where the configuration has several', tenantId)
    .option('--json', 'the result as one JSON document')
    .action((ids: string[], options: GiveUpOptions) => {
      const { reason = '', undo = false, json = false, ...place } = options;
      choose(async (outputs) => {
        if (!undo && reason.trim() === '')
          throw new CommandRefused(['An interaction is given up for a reason.'], 'Say why: --reason <text>');
        const interactions = ids.map((id) => parseOrRefuse(InteractionId, id, 'The interaction'));
        const input = undo ? { takeUp: { interactions, reason } } : { giveUp: { interactions, reason } };
        return (await import('./operations.ts')).runOperation({ ...place, json, input }, outputs);
      }, json);
    });
}

interface GiveUpOptions extends PlaceOptions {
  reason?: string;
  undo?: boolean;
}
