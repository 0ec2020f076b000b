import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Another process runs the engine of this folder. */
export class EngineInUse extends Error {
  constructor(folder: string, processId: number) {
    super(`process ${processId} is running the engine of ${folder}; stop it or choose another folder`);
    this.name = 'EngineInUse';
  }
}

/**
 * Claims the folder for this process and gives the way to release it. A claim whose process is gone, or had the number
 * that this process now has, is taken over. Throws `EngineInUse`.
 */
export function claimFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'process');
  const holder = holderOf(path);
  if (holder !== undefined && holder !== process.pid && isAlive(holder))
    throw new EngineInUse(folder, holder);
  writeFileSync(path, String(process.pid));
  return () => {
    if (holderOf(path) === process.pid) rmSync(path, { force: true });
  };
}

function holderOf(path: string): number | undefined {
  try {
    const processId = Number(readFileSync(path, 'utf8'));
    return Number.isInteger(processId) && processId > 0 ? processId : undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function isAlive(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
