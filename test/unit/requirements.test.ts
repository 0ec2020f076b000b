import { existsSync, readFileSync } from 'node:fs';
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

/** What the file writes in quotes: the names of its tests are among it, its comments are not. */
function quotedIn(file: string): string[] {
  const text = readFileSync(project(file), 'utf8');
  const code = text.replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '');
  return [...code.matchAll(/'[^'\n]*'|"[^"\n]*"|`[^`]*`/g)].map(([quoted]) => quoted);
}

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
      const without = proofs.filter((file) => !quotedIn(file).some((name) => name.includes(number)));

      expect(without).toEqual([]);
    },
  );
});
