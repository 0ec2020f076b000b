import { DataDownload } from './data-download.ts';
import type { Family, Surroundings } from './family.ts';
import { tokens } from './tokens.ts';

/** Every API family that the simulator serves; a new one is registered here. */
export function createFamilies(surroundings: Surroundings): {
  all: readonly Family[];
  download: DataDownload;
} {
  const download = new DataDownload(surroundings);
  return { all: [tokens(surroundings), download], download };
}
