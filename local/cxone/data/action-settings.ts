/** Data actions, how they are listed, and who else writes them. */
export interface ActionSettings {
  /** So many there are. There are never fewer again. */
  readonly count: number;
  /** Which have a version: all, none, or those with an odd number. */
  readonly versions: 'all' | 'none' | 'odd';
  /** Whether the filter by name is honoured. */
  readonly filters: boolean;
  /** A page lists at most so many. */
  readonly largestPage: number;
  /** With so many of the first pages an action is created each. */
  readonly created: number;
  /** So many names are borne by two. */
  readonly twice: number;
  /** Of the first so many: 404 to every call, 500 to every call, 422 to every write. */
  readonly gone: number;
  readonly broken: number;
  readonly refused: number;
  /** Share of actions, 0 to 1, that somebody else writes, how often each, and when. */
  readonly contested: number;
  readonly contests: number;
  readonly contest: 'afterRead' | 'afterWrite' | 'putBack';
  /** Whether a write loses a field. */
  readonly lossy: boolean;
}

/** Nothing out of the ordinary. */
export const usualActions: ActionSettings = {
  count: 57,
  versions: 'odd',
  filters: true,
  largestPage: 500,
  created: 0,
  twice: 0,
  gone: 0,
  broken: 0,
  refused: 0,
  contested: 0,
  contests: 1,
  contest: 'afterRead',
  lossy: false,
};
