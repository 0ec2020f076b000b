import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** One source file of the product. */
export interface SourceFile {
  /** From the repository's root, with slashes. */
  path: string;
  text: string;
  /** The text without comments. */
  code: string;
  lines: number;
  /** What it imports: files of ours by their path from the root, packages by their name. */
  imports: string[];
}

/** All TypeScript files of the folders. */
export function sourcesOf(...folders: string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    globSync(`${folder}/**/*.ts`, { cwd: ROOT })
      .toSorted()
      .map((path) => {
        const text = readFileSync(join(ROOT, path), 'utf8');
        const code = text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '');
        return { path, text, code, lines: text.split('\n').length - 1, imports: importsOf(path, code) };
      }),
  );
}

function importsOf(path: string, code: string): string[] {
  const named = [...code.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
  return named.map((name) => (name.startsWith('.') ? normalize(join(dirname(path), name)) : name));
}

/** The text of a file, by its path from the root. */
export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
