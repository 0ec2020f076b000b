import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import { StoreDamaged } from './errors.ts';

const NEWLINE = 0x0a;

/**
 * Appends values to a file, one JSON line each, in one write. The write has reached the operating system when this
 * returns: killing the process loses nothing of it, and can at worst cut the last line of a write under way.
 */
export function appendLines(path: string, values: readonly unknown[]): void {
  const text = values.map((value) => `${JSON.stringify(value)}\n`).join('');
  try {
    appendFileSync(path, text);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    mkdirSync(dirname(path), { recursive: true });
    appendFileSync(path, text);
  }
}

/**
 * The values of a file of JSON lines; none where there is no file. A last line that is cut short is left out. Throws
 * `StoreDamaged` for any other line that is not JSON.
 */
export function readLines<Value>(path: string): Value[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.slice(0, -1).map((line, index) => parseLine<Value>(path, line, index + 1));
}

function parseLine<Value>(path: string, line: string, number: number): Value {
  try {
    return JSON.parse(line);
  } catch {
    throw new StoreDamaged(path, number, 'is not JSON');
  }
}

/** Cuts off a last line that was left unfinished, so that the next append starts on a line of its own. */
export function cutTornLine(path: string): void {
  if (!existsSync(path)) return;
  const bytes = readFileSync(path);
  const whole = bytes.lastIndexOf(NEWLINE) + 1;
  if (whole < bytes.length) truncateSync(path, whole);
}
