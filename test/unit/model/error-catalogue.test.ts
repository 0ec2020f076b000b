import { describe, expect, it } from 'vitest';
import { CATALOGUE, type CatalogueEntry, catalogueEntry } from '../../../lambdas/model/error-catalogue.ts';
import { errorReferenceText } from '../../../lib/error-reference.ts';
import { sourcesOf, textOf } from '../../support/sources.ts';

const SOURCES = sourcesOf('lambdas', 'lib', 'local').filter(
  ({ path }) => !['lambdas/model/error-catalogue.ts', 'lambdas/model/platform-errors.ts'].includes(path),
);
const ENTRIES: [string, CatalogueEntry][] = Object.entries(CATALOGUE);

/** Names of the platform that no code of ours handles, with the reason why the catalogue has them. */
const UNHANDLED: Record<string, string> = {
  'States.Permissions': 'ends an execution whose role was changed; retrying would not help',
  'States.HeartbeatTimeout': 'AWS may end a task with it; no task of ours has a heartbeat',
  'States.Http.Socket': 'AWS may end a task with it; no machine of ours calls over HTTP',
};

const quoted = (name: string) => `'${name}'`;

describe('ALL-10 the catalogue', () => {
  it('is what docs/errors.md says', () => {
    const written = textOf('docs/errors.md');

    expect(written).toBe(errorReferenceText());
  });

  it('has every error that code throws or asks for', () => {
    const names = SOURCES.flatMap(({ code }) =>
      [...code.matchAll(/(?:catalogued|CataloguedError)\(\s*'([^']+)'|isError\([^,()]+,\s*'([^']+)'/g)].map(
        (match) => match[1] ?? match[2] ?? '',
      ),
    );

    expect(names.length).toBeGreaterThan(50);
    expect(names.filter((name) => catalogueEntry(name) === undefined)).toEqual([]);
  });

  it('has every error of the platform that a machine matches', () => {
    const names = SOURCES.filter(({ path }) => path.startsWith('lib/workflows/')).flatMap(({ code }) =>
      [...code.matchAll(/'((?:States|Lambda|Runtime|Sandbox)\.[A-Za-z.]+)'/g)].map((match) => match[1] ?? ''),
    );

    expect(names.filter((name) => name !== 'States.ALL' && catalogueEntry(name) === undefined)).toEqual([]);
  });

  it('has no error that nobody throws, catches or explains', () => {
    const unused = ENTRIES.map(([name]) => name).filter(
      (name) => UNHANDLED[name] === undefined && !SOURCES.some(({ code }) => code.includes(quoted(name))),
    );

    expect(unused).toEqual([]);
  });

  it('explains no exception that is none', () => {
    const used = Object.keys(UNHANDLED).filter((name) =>
      SOURCES.some(({ path, code }) => !path.startsWith('local/') && code.includes(quoted(name))),
    );

    expect(used).toEqual([]);
  });

  it.each(ENTRIES)('tells of %s what it means and what to do, in sentences', (_, entry) => {
    const sentences = [entry.meaning, entry.remedy];

    for (const sentence of sentences) expect(sentence).toMatch(/^[A-Z“{].{10,}\.$/);
  });

  it('leaves to nobody only what goes on by itself, and says what to do should it not', () => {
    const nobody = ENTRIES.filter(([, { acts }]) => acts === 'nobody');

    expect(
      nobody.filter(([, { remedy }]) => !/Nothing|again|[Rr]edrive/.test(remedy)).map(([name]) => name),
    ).toEqual([]);
  });

  it('knows its own names and no others', () => {
    const entries = ['ClaimLost', 'toString', 'NoSuchError'].map(catalogueEntry);

    expect(entries).toEqual([CATALOGUE.ClaimLost, undefined, undefined]);
  });
});
