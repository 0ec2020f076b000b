import { describe, expect, it } from 'vitest';
import { CATALOGUE, type CatalogueEntry, catalogueEntry } from '../../../lambdas/model/error-catalogue.ts';
import { errorReferenceText } from '../../../lib/error-reference.ts';
import { sourcesOf, textOf } from '../../support/sources.ts';

const SOURCES = sourcesOf('lambdas', 'lib', 'local').filter(
  ({ path }) => !/^lambdas\/model\/(error-catalogue|[\w-]+-errors)\.ts$/.test(path),
);
const HANDLERS = SOURCES.filter(({ path }) => path.startsWith('lambdas/'));
/** The engine and what runs functions throw what Step Functions and Lambda would. */
const PLATFORM = SOURCES.filter(({ path }) => /^local\/(engine|assembly)\//.test(path));
const ENTRIES: [string, CatalogueEntry][] = Object.entries(CATALOGUE);

/** Names of the platform that no code of ours handles, with the reason why the catalogue has them. */
const UNHANDLED: Record<string, string> = {
  'States.Permissions': 'ends an execution whose role was changed; retrying would not help',
  'States.HeartbeatTimeout': 'AWS may end a task with it; no task of ours has a heartbeat',
  'States.Http.Socket': 'AWS may end a task with it; no machine of ours calls over HTTP',
};

/** Names of ours that no function throws, with the reason why the catalogue has them. */
const UNTHROWN: Record<string, string> = {
  RunInterrupted: 'stands in the record of an execution that was stopped: Step Functions gives it no name',
};

const PLATFORM_NAME = /'((?:States|Lambda|Runtime|Sandbox|Function)\.[A-Za-z.]+)'/g;

const quoted = (name: string) => `'${name}'`;
const isOfPlatform = (name: string) => name.includes('.');

function namesIn(code: string, pattern: RegExp): string[] {
  return [...code.matchAll(pattern)].map(([, ...found]) => found.find((name) => name !== undefined) ?? '');
}

/** Names of errors that a file can make: those that it writes down, and where it computes the name, those that it may choose from. */
function madeIn(code: string): string[] {
  const made = namesIn(code, /(?:catalogued|CataloguedError)\(\s*'([^']+)'/g);
  // The doctor throws none of what it tells in its findings: it chooses from names.
  const computes = /(?:catalogued|CataloguedError)\(\s*[a-z]|readonly \[RegExp, ErrorName\]/.test(code);
  const compared = code.replaceAll(/isError\([^()]*\)|[!=]== '[^']*'|case '[^']*'/g, '');
  return computes ? [...made, ...namesIn(compared, /'([A-Z][A-Za-z]+)'/g)] : made;
}

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

  it('has every error of the platform that code handles or the embedded platform throws', () => {
    const names = SOURCES.flatMap(({ code }) => namesIn(code, PLATFORM_NAME));

    expect(names.length).toBeGreaterThan(30);
    expect(names.filter((name) => name !== 'States.ALL' && catalogueEntry(name) === undefined)).toEqual([]);
  });

  it('has no error of ours that no function throws', () => {
    const made = new Set(HANDLERS.flatMap(({ code }) => madeIn(code)));

    const never = ENTRIES.map(([name]) => name).filter((name) => !isOfPlatform(name) && !made.has(name));

    expect(never).toEqual(Object.keys(UNTHROWN));
  });

  it('has no error of the platform that nobody handles, throws or explains', () => {
    const known = [...PLATFORM, ...SOURCES.filter(({ path }) => path.startsWith('lib/workflows/'))];

    const unknown = ENTRIES.map(([name]) => name).filter(
      (name) => isOfPlatform(name) && !known.some(({ code }) => code.includes(quoted(name))),
    );

    expect(unknown.filter((name) => UNHANDLED[name] === undefined)).toEqual([]);
  });

  it('names whatever a function throws: every handler is made so that nothing leaves it without a name', () => {
    const handlers = HANDLERS.filter(
      ({ path, code }) => /^lambdas\/handlers\//.test(path) && /export const handler\b/.test(code),
    );

    expect(handlers.length).toBeGreaterThan(30);
    expect(
      handlers
        .filter(({ code }) => !/export const handler = lambdaHandler\(/.test(code))
        .map(({ path }) => path),
    ).toEqual([]);
  });

  it('explains no exception that is none', () => {
    const used = Object.keys(UNHANDLED).filter((name) =>
      SOURCES.some(({ path, code }) => !path.startsWith('local/') && code.includes(quoted(name))),
    );

    expect(used).toEqual([]);
    expect(Object.keys(UNTHROWN).filter((name) => catalogueEntry(name) === undefined)).toEqual([]);
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
