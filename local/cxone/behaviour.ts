import { type ActionSettings, usualActions } from './data/action-settings.ts';
import { type AnalyticsSettings, usualAnalytics } from './data/interactions/settings.ts';
import { type ReportData, usualReportData } from './data/report-records.ts';
import {
  type DaySettings,
  daySettingsSchema,
  type LayoutSettings,
  usualDay,
  usualLayout,
} from './data/settings.ts';

/** The kinds of calls that faults tell apart. */
export const callKinds = [
  'token',
  'submit',
  'status',
  'download',
  'query',
  'detail',
  'field',
  'media',
  'report',
  'list',
  'read',
  'replace',
] as const;
/** See {@link callKinds}. */
export type CallKind = (typeof callKinds)[number];

/** How `Retry-After` is given, and how long it asks to wait, in seconds; undefined for none. */
export type RetryAfter = { readonly form: 'seconds' | 'date'; readonly seconds: number } | undefined;

/** What a fault does to a call. */
export type Effect =
  | {
      readonly act: 'answer';
      /** One after the other, call by call. */
      readonly statuses: readonly number[];
      readonly retryAfter: RetryAfter;
      readonly page: 'json' | 'html';
    }
  /** 403 with an HTML page to every call for so many seconds. */
  | { readonly act: 'block'; readonly seconds: number }
  /** The connection is reset and nothing is done. */
  | { readonly act: 'reset-before' }
  /** The call is carried out, and the connection reset instead of an answer. */
  | { readonly act: 'lost-reply' }
  | { readonly act: 'spoil'; readonly how: Spoil };

/**
 * What may happen to a body: reset half-way, ended before `Content-Length`, ended cleanly but short without a
 * `Content-Length`, or whole with one bit flipped.
 */
export type Spoil = 'reset' | 'short' | 'clean-short' | 'corrupt';

/** A fault that befalls the first calls of each of some kinds. */
export interface Fault {
  readonly name: string;
  readonly on: readonly CallKind[];
  /** So many calls of each kind. */
  readonly times: number;
  readonly effect: Effect;
}

/** What a COMPLETED job tells of its files while it is not done telling: none, all but the first, sizes 0, or the first n. */
export type FilesTold = 'absent' | 'gap' | 'zero-size' | number;

/** The life of jobs; durations in seconds. */
export interface JobSettings {
  /** From creation until PROCESSING. */
  readonly queueWait: number;
  /** From PROCESSING until COMPLETED or FAILED. */
  readonly processing: number;
  /** Statuses told to the first polls whatever the time. */
  readonly statesFirst: readonly string[];
  /** What the first polls after completion are told of the files. */
  readonly filesFirst: readonly FilesTold[];
  /** So many jobs fail, counted from the first. */
  readonly failing: number;
  readonly errorCode: string;
  /** Only jobs with at least so many columns fail. */
  readonly failingFromColumns: number;
  /** So many jobs, counted from the first, are forgotten after their first poll. */
  readonly expiring: number;
  /** So many downloads of each part find nothing yet. */
  readonly partNotReady: number;
}

/** How the finished job describes its files. */
export interface ManifestSettings {
  readonly urls: 'relative' | 'absolute' | 'foreign';
  readonly reversed: boolean;
  readonly sha256: boolean;
  readonly recordCount: boolean;
  /** Added to every `recordCount`. */
  readonly recordCountOff: number;
  /** No files at all. */
  readonly noFiles: boolean;
  readonly range: boolean;
}

/** What tokens are like. */
export interface TokenSettings {
  /** `expires_in`, in seconds. */
  readonly life: number;
  /** Scopes that are never granted. */
  readonly withheld: readonly string[];
  readonly alwaysRejected: boolean;
  readonly refreshDead: boolean;
  /** The call after so many authorised calls finds its token revoked, once; 0 for never. */
  readonly revokedAfter: number;
}

/** When a query of a report loses its cursor: silently, its page is the last. */
export interface Truncation {
  /** So many queries, counted from the first. */
  readonly times: number;
  /** After so many records, within a page too. */
  readonly after: number;
  /** Only queries over more hours than that. */
  readonly longerThanHours: number;
  /** Only queries with pages of more records than that. */
  readonly pagesAbove: number;
}

/** What reports are like. */
export interface ReportSettings {
  readonly data: ReportData;
  readonly truncation: Truncation;
  /** What pages say of the number of all records. */
  readonly total: 'first-page' | 'missing' | 'stale' | 'growing' | 'too-high';
}

/** Limits that are kept watch over. */
export interface LimitSettings {
  /** Calls other than for tokens in any 60 seconds; 0 for no limit. */
  readonly perMinute: number;
  /** Calls that ignore a `Retry-After`, after which the address is blocked; 0 for never. */
  readonly patience: number;
  /** Share of calls that meet a fault drawn by seed, 0 to 1. */
  readonly faultRate: number;
}

/** Interactions and what happens to them. */
export interface InteractionSettings {
  /** So many close on each UTC day. A day keeps what it was first looked at with. */
  readonly perDay: number;
  /** So many of them at one and the same instant. */
  readonly atOnce: number;
  /** With every page that is read so many move to now, so many close, so many are deleted. */
  readonly moves: number;
  readonly closes: number;
  readonly deletes: number;
  /** Of a day the first so many are answered with 404, the next with 403, the next with 500. */
  readonly missing: number;
  readonly restricted: number;
  readonly broken: number;
  /** Whether the custom field can be written. */
  readonly field: 'writable' | 'missing' | 'readOnly';
  /** Whether writing it moves `updatedTime`. */
  readonly ownWritesMove: boolean;
  /** Of a day the media of the first so many are answered with 404, of the next with 410, of the next with 403. */
  readonly mediaMissing: number;
  readonly mediaExpired: number;
  readonly mediaForbidden: number;
}

/** Everything that scenarios may change. */
export interface Behaviour {
  readonly day: DaySettings;
  readonly layout: LayoutSettings;
  readonly job: JobSettings;
  readonly analytics: AnalyticsSettings;
  readonly manifest: ManifestSettings;
  readonly token: TokenSettings;
  readonly limits: LimitSettings;
  readonly interactions: InteractionSettings;
  readonly report: ReportSettings;
  readonly actions: ActionSettings;
  readonly faults: readonly Fault[];
}

/** A part of a behaviour, as a scenario states it. */
export type Change = {
  readonly [Area in Exclude<keyof Behaviour, 'faults' | 'report'>]?: Partial<Behaviour[Area]>;
} & {
  readonly report?: Partial<Omit<ReportSettings, 'data'>> & { readonly data?: Partial<ReportData> };
  readonly faults?: readonly Fault[];
};

/** Nothing out of the ordinary. */
export const usualBehaviour: Behaviour = {
  day: usualDay,
  layout: usualLayout,
  job: {
    queueWait: 20,
    processing: 40,
    statesFirst: [],
    filesFirst: [],
    failing: 0,
    errorCode: 'EXPORT_FAILED',
    failingFromColumns: 0,
    expiring: 0,
    partNotReady: 0,
  },
  analytics: usualAnalytics,
  manifest: {
    urls: 'relative',
    reversed: false,
    sha256: true,
    recordCount: true,
    recordCountOff: 0,
    noFiles: false,
    range: true,
  },
  token: { life: 3600, withheld: [], alwaysRejected: false, refreshDead: false, revokedAfter: 0 },
  limits: { perMinute: 0, patience: 0, faultRate: 0 },
  interactions: {
    perDay: 40,
    atOnce: 0,
    moves: 0,
    closes: 0,
    deletes: 0,
    missing: 0,
    restricted: 0,
    broken: 0,
    field: 'writable',
    ownWritesMove: true,
    mediaMissing: 0,
    mediaExpired: 0,
    mediaForbidden: 0,
  },
  report: {
    data: usualReportData,
    truncation: { times: 0, after: 0, longerThanHours: 0, pagesAbove: 0 },
    total: 'first-page',
  },
  actions: usualActions,
  faults: [],
};

/**
 * A behaviour with changes made one after the other; faults are added up.
 * @throws ZodError when the day that results cannot be.
 */
export function changed(behaviour: Behaviour, changes: readonly Change[]): Behaviour {
  const result = changes.reduce<Behaviour>(
    (before, change) => ({
      day: { ...before.day, ...change.day },
      layout: { ...before.layout, ...change.layout },
      job: { ...before.job, ...change.job },
      analytics: { ...before.analytics, ...change.analytics },
      manifest: { ...before.manifest, ...change.manifest },
      token: { ...before.token, ...change.token },
      limits: { ...before.limits, ...change.limits },
      interactions: { ...before.interactions, ...change.interactions },
      report: {
        ...before.report,
        ...change.report,
        data: { ...before.report.data, ...change.report?.data },
      },
      actions: { ...before.actions, ...change.actions },
      faults: [...before.faults, ...(change.faults ?? [])],
    }),
    behaviour,
  );
  daySettingsSchema.parse(result.day);
  return result;
}
