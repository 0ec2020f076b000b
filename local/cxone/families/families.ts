import { Analytics } from './analytics.ts';
import { SimulatedDataActions } from './data-actions.ts';
import { DataDownload } from './data-download.ts';
import type { Family, Surroundings } from './family.ts';
import { Interactions } from './interactions.ts';
import { Reporting } from './reporting.ts';
import { tokens } from './tokens.ts';

/** Every API family that the simulator serves; a new one is registered here. */
export function createFamilies(surroundings: Surroundings): {
  all: readonly Family[];
  download: DataDownload;
  analytics: Analytics;
  interactions: Interactions;
  actions: SimulatedDataActions;
} {
  const download = new DataDownload(surroundings);
  const analytics = new Analytics(surroundings);
  const interactions = new Interactions(surroundings);
  const actions = new SimulatedDataActions(surroundings);
  const all = [tokens(surroundings), download, analytics, interactions, actions, new Reporting(surroundings)];
  return { all, download, analytics, interactions, actions };
}
