import { describe, expect, it } from 'vitest';
import type { FunctionName } from '../../lambdas/model/environment.ts';
import {
  environmentOf,
  FUNCTION_NAMES,
  FURTHER_PIPELINES,
  shippedMapping,
  statementsOfFunction,
  synthesise,
  tenant,
  WEBHOOK,
} from './synthesised.ts';

const SECRET = 'cxone/acme-hash';
const RESOURCE = new RegExp(`:secret:${SECRET}-[?]{6}$`);

/** The shipped mapping of a dataset with a column that is hashed. */
function hashing(name: 'cdr.v1' | 'report-skill-performance.v1', hashed: string) {
  const mapping = shippedMapping(name);
  const columns = mapping.columns.map((column) =>
    column.column === hashed ? { ...column, privacy: 'hash' } : column,
  );
  return { [name]: { ...mapping, columns } };
}

/** Functions of a tenant that may read the secret, that know its name, and what machines say of the key. */
function readersOf(mappings: Record<string, unknown>, version = '2026') {
  const template = synthesise(
    {
      tenants: [
        tenant('acme', {
          pipelines: FURTHER_PIPELINES,
          webhook: WEBHOOK,
          hashKey: { secret: SECRET, version },
        }),
      ],
    },
    mappings,
  )('cxone-export-acme');
  const having = (is: (name: FunctionName) => boolean) => FUNCTION_NAMES.filter(is).sort();
  const kinds = (name: FunctionName) =>
    statementsOfFunction(template, name).flatMap(
      ({ actions, conditions }) =>
        conditions['ForAllValues:StringLike dynamodb:LeadingKeys']?.flatMap((key) =>
          key.startsWith('acme#hashKey#') ? actions : [],
        ) ?? [],
    );
  return {
    template,
    readers: having((name) =>
      statementsOfFunction(template, name).some(
        ({ actions, resources }) =>
          actions.includes('secretsmanager:GetSecretValue') &&
          resources.some((resource) => RESOURCE.test(resource)),
      ),
    ),
    informed: having((name) => environmentOf(template, name).HASH_KEY_SECRET === SECRET),
    noting: having((name) => kinds(name).includes('dynamodb:UpdateItem')),
    looking: having((name) => kinds(name).includes('dynamodb:GetItem')),
    definitions: JSON.stringify(template.findResources('AWS::StepFunctions::StateMachine')),
  };
}

describe('ALL-19 the secret with hash keys', () => {
  it('ALL-19 is read by nobody where no column is hashed', () => {
    const { readers, informed, noting, looking, definitions } = readersOf({});

    expect([readers, informed, noting, looking]).toEqual([[], [], [], []]);
    expect(definitions).not.toContain('hashKey');
  });

  it('ALL-19 is read by the transform of the dataset that hashes, and by the doctor', () => {
    const calls = readersOf(hashing('cdr.v1', 'customer_number'));
    const report = readersOf(hashing('report-skill-performance.v1', 'skill_name'));

    expect(calls.readers).toEqual(['doctor', 'transform']);
    expect(calls.informed).toEqual(calls.readers);
    expect([calls.noting, calls.looking]).toEqual([['transform'], ['doctor']]);
    expect(report.readers).toEqual(['doctor', 'transform-records']);
    expect([report.noting, report.looking]).toEqual([['transform-records'], ['doctor']]);
  });

  it('ALL-19 is told the machine by its key’s version, and only the state that hashes', () => {
    const { definitions, template } = readersOf(hashing('cdr.v1', 'customer_number'), 'of-2026');

    expect(definitions.match(/hashKey[^,}]{0,40}of-2026/g)).toHaveLength(1);
    expect(environmentOf(template, 'doctor').HASH_KEY_VERSION).toBe('of-2026');
    expect(environmentOf(template, 'transform').HASH_KEY_VERSION).toBeUndefined();
  });

  it('ALL-19 OPS-02 of one tenant is out of another’s reach', () => {
    const hashKey = (id: string) => ({ hashKey: { secret: `cxone/${id}-hash`, version: '1' } });
    const templates = synthesise(
      { tenants: ['acme', 'globex'].map((id) => tenant(id, hashKey(id))) },
      hashing('cdr.v1', 'customer_number'),
    );

    const secretsOf = (id: string) =>
      statementsOfFunction(templates(`cxone-export-${id}`), 'transform')
        .filter(({ actions }) => actions.includes('secretsmanager:GetSecretValue'))
        .flatMap(({ resources }) => resources);

    expect(secretsOf('acme')).toEqual([expect.stringMatching(/cxone\/acme-hash-/)]);
    expect(secretsOf('globex')).toEqual([expect.stringMatching(/cxone\/globex-hash-/)]);
  });
});
