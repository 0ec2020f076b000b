import { Analytics } from './analytics.ts';
import { DataDownload } from './data-download.ts';
import type { Family, Surroundings } from './family.ts';
import { tokens } from './tokens.ts';

/** Every API family that the simulator serves; a new one is registered here. */
export function createFamilies(surroundings: Surroundings): {
  all: readonly Family[];
  download: DataDownload;
  analytics: Analytics;
} {
  const download = new DataDownload(surroundings);
  const analytics = new Analytics(surroundings);
  return { all: [tokens(surroundings), download, analytics], download, analytics };
}
