/** What analytics exports hold, and how CXone gives them. */
export interface AnalyticsSettings {
  /** Interactions of a day that are in order, each with its own id. */
  readonly interactions: number;
  /** Records of a day that repeat another one, to the letter. */
  readonly repeated: number;
  /** Earlier records of an interaction that comes again, later and changed. */
  readonly outdated: number;
  /** Records of a day that lack `queueId` and `wrapTime`. */
  readonly lacking: number;
  /** Records that an export begins with although they start before its range. */
  readonly early: number;
  /** Fields that nobody asked for, in every record. */
  readonly newFields: number;
  /** Records do not come in the order of their start. */
  readonly shuffled: boolean;
  /** Ranges of more days are answered with 504; 0 for no such limit. */
  readonly widestDays: number;
  /** Ranges of more days are answered with 400; 0 for no such limit. */
  readonly largestDays: number;
  /** The page, from 1, whose body is JSON of another form; 0 for none. */
  readonly malformedPage: number;
  /** The page, from 1, that names itself as the next one; 0 for none. */
  readonly repeatedCursor: number;
  /** So many exports, counted from the first, are gone when their second page is asked for. */
  readonly goneWhilePaging: number;
  /** Records that an answer holds at most, whatever is asked for. */
  readonly largestPage: number;
}

/** 2,000 interactions a day, in order, nothing wrong with them. */
export const usualAnalytics: AnalyticsSettings = {
  interactions: 2_000,
  repeated: 0,
  outdated: 0,
  lacking: 0,
  early: 0,
  newFields: 0,
  shuffled: false,
  widestDays: 0,
  largestDays: 0,
  malformedPage: 0,
  repeatedCursor: 0,
  goneWhilePaging: 0,
  largestPage: 5_000,
};

/** Operators that compare a field with a value. */
export type Comparison = 'equals' | 'greaterThan' | 'lessThan' | 'in';

/** A filter of an export: a comparison, or several filters joined. */
export type Filter =
  | { readonly operator: Comparison; readonly field: string; readonly value: unknown }
  | { readonly operator: 'and' | 'or'; readonly filters: readonly Filter[] };

/** Everything that the records of an export depend on. */
export interface InteractionExport {
  readonly seed: string;
  /** First day of the range, `YYYY-MM-DD`. */
  readonly from: string;
  /** Length of the range in days. */
  readonly days: number;
  readonly columns: readonly string[];
  readonly filters: Filter | undefined;
  /** Settings of a day of the range. */
  readonly settings: (day: string) => AnalyticsSettings;
}
