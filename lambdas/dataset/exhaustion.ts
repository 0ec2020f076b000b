import { catalogued } from '../model/errors.ts';

/** Rethrows: as `WindowTooLarge` where memory or disk ran out, else as it came. */
export function exhaustion(error: unknown): never {
  const text = error instanceof Error ? error.message : '';
  if (/ENOSPC|No space left on device|max_temp_directory_size/i.test(text))
    throw catalogued(
      'WindowTooLarge',
      'The disk of the transform function is full: raise transformDisk.',
      { setting: 'transformDisk' },
      error,
    );
  if (/^Out of Memory Error/i.test(text))
    throw catalogued(
      'WindowTooLarge',
      'DuckDB ran out of memory in the transform function: raise transformMemory.',
      { setting: 'transformMemory' },
      error,
    );
  throw error;
}
