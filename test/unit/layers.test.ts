import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type SourceFile, sourcesOf } from '../support/sources.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = sourcesOf('bin', 'lib', 'lambdas', 'local');

/** Folders in a folder of the project. */
const foldersOf = (folder: string) =>
  readdirSync(join(PROJECT, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);

/** Every folder of the run time but what it is entered by, described by, and reaches AWS through. */
const DOMAIN = foldersOf('lambdas')
  .filter((folder) => !['handlers', 'model', 'aws'].includes(folder))
  .map((folder) => `lambdas/${folder}/`);

/** Longer than 300 lines, with the reason. */
const LONG: Record<string, string> = {};

const within = (...folders: string[]) =>
  SOURCES.filter(({ path }) => folders.some((folder) => path.startsWith(folder)));

/** `<file> → <import>` for every import that is not allowed. */
function strays(files: SourceFile[], allowed: (imported: string, file: SourceFile) => boolean): string[] {
  return files.flatMap((file) =>
    file.imports
      .filter((imported) => !allowed(imported, file))
      .map((imported) => `${file.path} → ${imported}`),
  );
}

/** `<file>: <what was found>` for every place where the code has what it must not have. */
function places(files: SourceFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, code }) =>
    [...code.matchAll(pattern)].map(([found]) => `${path}: ${found.trim()}`),
  );
}

const isOurs = (imported: string) => /^(bin|lib|lambdas|local|test|bench)\//.test(imported);
const isIn = (imported: string, ...folders: string[]) =>
  folders.some((folder) => imported.startsWith(folder));

describe('layers', () => {
  it('are seen by this test at all', () => {
    const imports = SOURCES.flatMap((file) => file.imports);

    expect([SOURCES.length, imports.length].every((count) => count > 100)).toBe(true);
    expect(imports).toEqual(
      expect.arrayContaining(['lambdas/model/errors.ts', '@aws-sdk/client-s3', 'node:fs']),
    );
  });

  it('have every folder described in CONTRIBUTING.md', () => {
    const text = readFileSync(join(PROJECT, 'CONTRIBUTING.md'), 'utf8');
    const folders = ['lambdas', 'local', 'test', 'docs'].flatMap((folder) => foldersOf(folder));

    expect(folders.filter((folder) => !text.includes(` ${folder}/`))).toEqual([]);
  });

  it('model imports itself, zod and what Node has', () => {
    const found = strays(within('lambdas/model/'), (imported) =>
      isIn(imported, 'lambdas/model/', 'zod', 'node:'),
    );

    expect(found).toEqual([]);
  });

  it('domain folders import each other and the model, and no client of AWS', () => {
    const found = strays(
      within(...DOMAIN),
      (imported) =>
        (isOurs(imported) ? isIn(imported, ...DOMAIN, 'lambdas/model/') : true) &&
        !isIn(imported, '@aws-sdk/', 'aws-cdk-lib', '@middy/', '@aws-lambda-powertools/'),
    );

    expect(found).toEqual([]);
  });

  it('the ledger and the lake do not know who works with them', () => {
    const ledger = strays(
      within('lambdas/ledger/'),
      (imported) => !isOurs(imported) || isIn(imported, 'lambdas/ledger/', 'lambdas/model/'),
    );
    const lake = strays(
      within('lambdas/lake/'),
      (imported) => !isOurs(imported) || isIn(imported, 'lambdas/lake/', 'lambdas/ledger/', 'lambdas/model/'),
    );
    const dataset = strays(
      within('lambdas/dataset/'),
      (imported) => !isOurs(imported) || isIn(imported, 'lambdas/dataset/', 'lambdas/model/'),
    );

    expect([...ledger, ...lake, ...dataset]).toEqual([]);
  });

  it('nothing of the domain imports handlers, and only handlers and the embedded platform import clients', () => {
    const handlers = strays(
      SOURCES.filter(({ path }) => !path.startsWith('lambdas/handlers/')),
      (imported) => !isIn(imported, 'lambdas/handlers/'),
    );
    const clients = strays(
      SOURCES.filter(({ path }) => !isIn(path, 'lambdas/handlers/', 'lambdas/aws/', 'local/')),
      (imported) => !isIn(imported, 'lambdas/aws/'),
    );

    expect([...handlers, ...clients]).toEqual([]);
  });

  it('lambdas import nothing of deployment or of the embedded platform', () => {
    const found = strays(within('lambdas/'), (imported) => !isOurs(imported) || isIn(imported, 'lambdas/'));

    expect(found).toEqual([]);
  });

  it('lib imports nothing of lambdas but the model', () => {
    const found = strays(
      within('lib/'),
      (imported) => !isOurs(imported) || isIn(imported, 'lib/', 'lambdas/model/'),
    );

    expect(found).toEqual([]);
  });

  it('local imports lib and lambdas, bin imports all of them, and nobody imports bin, tests or benches', () => {
    const local = strays(
      within('local/'),
      (imported) => !isOurs(imported) || isIn(imported, 'local/', 'lib/', 'lambdas/'),
    );
    const upwards = strays(SOURCES, (imported) => !isIn(imported, 'bin/', 'test/', 'bench/'));

    expect([...local, ...upwards]).toEqual([]);
  });

  it('handlers are 40 lines at most, beside what they share', () => {
    const long = within('lambdas/handlers/').filter(
      ({ path, lines }) => lines > 40 && path !== 'lambdas/handlers/handler.ts',
    );

    expect(long.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });
});

describe('files', () => {
  it('are 300 lines at most, but for those with a reason', () => {
    const long = SOURCES.filter(({ path, lines }) => lines > 300 && LONG[path] === undefined);

    expect(long.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });

  it('import relatively with their extension', () => {
    const found = strays(SOURCES, (imported) => !isOurs(imported) || /\.(ts|json|mjs)$/.test(imported));

    expect(found).toEqual([]);
  });

  it('have no any, no assertion that something is there, and nothing switched off', () => {
    const found = places(SOURCES, /(?:\bas any\b|: any\b|<any\b|\bany\[\])/g);
    const silenced = SOURCES.filter(({ text }) =>
      /@ts-(ignore|expect-error|nocheck)|biome-ignore|eslint-disable/.test(text),
    );

    expect([...found, ...silenced.map(({ path }) => path)]).toEqual([]);
  });

  it('are called by what they hold', () => {
    const named = SOURCES.filter(({ path }) =>
      /\/(utils?|helpers?|managers?|misc|common)(\/|\.ts$)/i.test(path),
    );

    expect(named.map(({ path }) => path)).toEqual([]);
  });
});

describe('the world', () => {
  const OUTSIDE =
    /\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bprocess\.env\b|\bsetTimeout\b|\bsetInterval\b/g;

  it('is read by functions through their surroundings alone', () => {
    const found = places(
      within('lambdas/', 'lib/').filter(({ path }) => path !== 'lambdas/model/surroundings.ts'),
      OUTSIDE,
    );

    expect(found).toEqual([]);
  });

  it('gives chance through the surroundings alone', () => {
    const found = places(within('lambdas/'), /\bMath\.random\b/g);

    expect(found).toEqual(['lambdas/model/surroundings.ts: Math.random']);
  });

  it('hears of functions through their log alone', () => {
    const found = places(within('lambdas/', 'lib/'), /\bconsole\.(?!aws\b)\w+|\bprocess\.std\w+/g);

    expect(found).toEqual([]);
  });
});
