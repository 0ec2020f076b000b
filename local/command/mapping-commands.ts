import type { Command } from 'commander';
import type { ExitCode } from './exit-codes.ts';
import type { Outputs } from './output.ts';

/** Adds `mapping check`. */
export function addMapping(
  program: Command,
  choose: (action: (outputs: Outputs) => Promise<ExitCode>) => void,
): void {
  program
    .command('mapping')
    .description('look at mapping files')
    .command('check')
    .description('print every problem of a mapping, and what records would become by it')
    .argument('<file>')
    .option('--sample <file>', 'a page of records as CXone gave it, or a JSON array of pages or of records')
    .action((file: string, { sample }: { sample?: string }) =>
      choose(async (outputs) => {
        const request = { file, ...(sample !== undefined && { sample }) };
        return (await import('./mapping-check.ts')).checkMapping(request, outputs);
      }),
    );
}
