import type { Access } from '../access.ts';
import type { Behaviour } from '../behaviour.ts';
import type { Route } from '../exchange.ts';
import type { Watch } from '../watch.ts';

/** What families share: one simulated CXone. */
export interface Surroundings {
  readonly seed: string;
  readonly access: Access;
  readonly watch: Watch;
  /** The behaviour now, for a UTC day where one is given. */
  readonly behaviour: (day?: string) => Behaviour;
  /** Origin of the API, without a slash at the end. */
  readonly url: () => string;
  /** Origin that only serves downloads. */
  readonly downloadUrl: () => string;
}

/** The endpoints of one API family. */
export interface Family {
  readonly routes: readonly Route[];
  /** Forgets what counts from the beginning of a scenario. */
  readonly scenarioChanged: () => void;
}
