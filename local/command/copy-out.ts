import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { OutputFile } from '../../lambdas/dataset/manifest.ts';
import type { ObjectStore } from '../../lambdas/model/ports.ts';
import type { CommittedWindow } from './committed-windows.ts';

/** What a copy came to. */
export interface Copied {
  /** Files that were copied; those that were there already are not counted. */
  files: number;
  bytes: number;
}

/**
 * Copies a window's files out under their S3 keys, its manifest and last the object that names the generation: a reader of
 * the folder sees a generation whole or not at all. A generation never changes, so what is there is left. Each file is
 * compared with the manifest's digest before it gets its name.
 */
export async function copyOut(
  objects: ObjectStore,
  window: CommittedWindow,
  folder: string,
  which: (file: OutputFile) => boolean = () => true,
): Promise<Copied> {
  const copied = { files: 0, bytes: 0 };
  for (const file of window.files.filter(which)) {
    const target = pathOf(folder, file.key);
    if ((await sizeOf(target)) === file.bytes) continue;
    await copyFile(objects, file, target);
    copied.files += 1;
    copied.bytes += file.bytes;
  }
  for (const key of [window.manifestKey, window.currentKey])
    await replaceText(pathOf(folder, key), await objects.readText(key));
  return copied;
}

/** Where an object of that key lies under the folder. Throws for a key that would lead out of it. */
export function pathOf(folder: string, key: string): string {
  const root = resolve(folder);
  const path = resolve(root, key);
  if (!path.startsWith(root + sep)) throw new Error(`the key ${key} leads out of ${folder}`);
  return path;
}

async function copyFile(objects: ObjectStore, file: OutputFile, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const hash = createHash('sha256');
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  const unfinished = `${target}.${process.pid}.unfinished`;
  try {
    await pipeline(await objects.open(file.key), measure, createWriteStream(unfinished));
    if (hash.digest('hex') !== file.sha256)
      throw new Error(`${file.key} does not read back as it was committed`);
    await rename(unfinished, target);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function replaceText(target: string, text: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  await writeFile(`${target}.${process.pid}.unfinished`, text);
  await rename(`${target}.${process.pid}.unfinished`, target);
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
