import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Assembly } from '../../local/assembly/types.ts';
import type { Effect } from '../../local/aws/effects.ts';
import { rolesIn, type Statement } from '../template/role-statements.ts';
import { allowedBy } from './role-check.ts';

/** Holds each request of a function against what its own role allows. */
export interface RoleWatch {
  /** To be told of every effect, with its caller. */
  see(assembly: Pick<Assembly, 'functions'>, effect: Effect): void;
  /** What functions asked for and their roles do not allow, each once: `doctor: dynamodb UpdateItem …`. */
  refused(): string[];
}

/** Watches the functions of one assembly's folder; templates are read when a function of theirs first asks. */
export function watchRoles(assemblyFolder: string): RoleWatch {
  const roles = new Map<string, ReturnType<typeof rolesIn>>();
  const statements = new Map<string, readonly Statement[] | undefined>();
  const refused = new Set<string>();

  function statementsOf({ functions }: Pick<Assembly, 'functions'>, caller: string) {
    const found = functions.find(({ name }) => name === caller);
    if (found === undefined) return undefined;
    const file = join(assemblyFolder, `${found.stack}.template.json`);
    const known = roles.get(file) ?? rolesIn(JSON.parse(readFileSync(file, 'utf8')));
    roles.set(file, known);
    return known(found.logicalId);
  }

  return {
    see(assembly, effect) {
      const { caller = '', service, operation, resource } = effect;
      if (!statements.has(caller)) statements.set(caller, statementsOf(assembly, caller));
      const allowed = statements.get(caller);
      if (allowed !== undefined && !allowedBy(allowed, effect))
        refused.add(`${caller}: ${service} ${operation} ${resource}`);
    },
    refused: () => [...refused],
  };
}
