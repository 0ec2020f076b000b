import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const project = (path: string) => new URL(`../../${path}`, import.meta.url);
const GROUPS: Readonly<Record<string, number>> = {
  ALL: 19,
  CDR: 15,
  ANA: 10,
  REP: 9,
  ARC: 9,
  ACT: 7,
  OPS: 8,
};

interface Row {
  number: string;
  state: string;
  code: string[];
  proofs: string[];
}

function rowsOf(page: string): Row[] {
  return page.split('\n').flatMap((line) => {
    const [, number, state, code, proofs] = line.split('|').map((cell) => cell.trim());
    if (number === undefined || !/^[A-Z]{3}-\d{2}$/.test(number)) return [];
    const paths = (cell = '') => [...cell.matchAll(/`([^`]+)`/g)].map(([, path]) => path ?? '');
    return [{ number, state: state ?? '', code: paths(code), proofs: paths(proofs) }];
  });
}

/** A test's name, where it is written: after `it(`, `describe(`, the parenthesis that ends a table, or as the title of a matrix. */
const NAMED = /(?:\b(?:it|test|describe)\(|\)\(|\btitle:)\s*(['"`])((?:\\.|(?!\1).)*)\1/g;
/** What begins a test that may not be run here. */
const CONDITIONAL = /\.(?:runIf|skipIf)\((?:[^()]|\([^()]*\))*\)\(\s*(['"`])(?:\\.|(?!\1).)*\1/g;
/** Where a table gives the number that names are made with. */
const TABLED = /(?:\brequirement: |\[)'((?:[A-Z]{3}-\d{2} ?)+)'/g;

/** Names of a file's tests that run wherever all tests are run, numbers from tables among them. */
function testNamesOf(file: string): string[] {
  const text = readFileSync(project(file), 'utf8');
  const code = text.replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '').replaceAll(CONDITIONAL, '');
  const names = [...code.matchAll(NAMED)].map(([, , name = '']) => name);
  const fromTables = names.some((name) => /\$requirement|%s/.test(name));
  return fromTables ? [...names, ...[...code.matchAll(TABLED)].map(([, number = '']) => number)] : names;
}

const FILES = globSync('test/**/*.test.ts', { cwd: project('') });
const rows = rowsOf(readFileSync(project('docs/requirements.md'), 'utf8'));

describe('docs/requirements.md', () => {
  it('has every number once, in order', () => {
    const expected = Object.entries(GROUPS).flatMap(([group, count]) =>
      Array.from({ length: count }, (_, index) => `${group}-${String(index + 1).padStart(2, '0')}`),
    );

    expect(rows.map(({ number }) => number)).toEqual(expected);
  });

  it('calls nothing done that has no code and no proof', () => {
    const unproven = rows.filter(
      ({ state, code, proofs }) => state.startsWith('done') && (code.length === 0 || proofs.length === 0),
    );

    expect(unproven).toEqual([]);
  });

  it.each(rows.filter(({ code }) => code.length > 0))('names code for $number that is there', ({ code }) => {
    expect(code.filter((path) => !existsSync(project(path)))).toEqual([]);
  });

  it.each(rows.filter(({ proofs }) => proofs.length > 0))(
    'names tests for $number that carry it',
    ({ number, proofs }) => {
      const without = proofs.filter((file) => !testNamesOf(file).some((name) => name.includes(number)));

      expect(without).toEqual([]);
    },
  );

  it('proves nothing by tests alone that need a browser', () => {
    const unproven = rows.filter(
      ({ proofs }) => proofs.length > 0 && proofs.every((file) => file.startsWith('test/browser/')),
    );

    expect(unproven).toEqual([]);
  });
});

describe('the tests', () => {
  it('carry no number that is none', () => {
    const known = new Set(rows.map(({ number }) => number));
    const groups = Object.keys(GROUPS).join('|');

    const strange = FILES.flatMap((file) =>
      testNamesOf(file)
        .flatMap((name) => name.match(new RegExp(`\\b(?:${groups})-\\d+\\b`, 'g')) ?? [])
        .filter((number) => !known.has(number))
        .map((number) => `${file}: ${number}`),
    );

    expect(FILES.length).toBeGreaterThan(150);
    expect(strange).toEqual([]);
  });

  it('are all run: none is skipped, none is alone, and only what needs Python depends on the machine', () => {
    const left = FILES.filter((file) =>
      /\b(?:it|test|describe)(?:\.\w+)*\.(?:skip|only|todo|fails|skipIf)\b/.test(
        readFileSync(project(file), 'utf8'),
      ),
    );
    const conditional = FILES.filter((file) => /\.runIf\(/.test(readFileSync(project(file), 'utf8')));

    expect(left.filter((file) => !file.endsWith('unit/requirements.test.ts'))).toEqual([]);
    expect(conditional.filter((file) => !file.endsWith('unit/requirements.test.ts'))).toEqual([
      'test/unit/archive/envelope.test.ts',
    ]);
  });
});
