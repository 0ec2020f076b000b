import type { CatalogueEntry } from './platform-errors.ts';

/** Errors of results that come in pages of records. */
export const PAGE_ERRORS = {
  PageMalformed: {
    meaning:
      'A page of results is not JSON of the form { "data": [ … ] }. It is not taken for an empty page.',
    acts: 'NICE support',
    remedy:
      'Redrive: the page is asked for again. If it repeats, give NICE support the request id and the report.',
  },
  CursorRepeated: {
    meaning:
      'A page of an export names a page as the next one that was fetched before: the export has no end.',
    acts: 'NICE support',
    remedy:
      'Start the days again with "refresh": true, which asks for a new export; if it repeats, give NICE support the export’s id and the page.',
  },
  TimestampNotUtc: {
    meaning:
      'A record bears a timestamp without a zone or of another zone than UTC: its day would be a guess.',
    acts: 'platform engineer',
    remedy:
      'See that the report is asked for with the time zone UTC and that no proxy changes it; then start the window again with "refresh": true.',
  },
} as const satisfies Record<string, CatalogueEntry>;
