/** Where query engines look up which objects a partition consists of. */
export interface Catalog {
  /** The location that a partition points to, or undefined where there is none. */
  locationOf(table: string, value: string): Promise<string | undefined>;
  /** Points a partition at a location, whether it was there or not. It takes no condition: the caller reads the ledger again afterwards. */
  point(table: string, value: string, location: string): Promise<void>;
}
