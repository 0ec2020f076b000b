import type { CatalogueEntry } from './platform-errors.ts';

/** Errors of results that come in pages of records. */
export const PAGE_ERRORS = {
  PageMalformed: {
    meaning:
      'A page of results is not JSON of the form { "data": [ … ] }, or a page of an export does not say by nextPageToken whether another one follows. It is taken neither for an empty page nor for the last one.',
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
  CursorRefused: {
    meaning: 'CXone no longer knows the cursor of a report’s next page. The pages are asked for anew.',
    acts: 'nobody',
    remedy: 'Nothing; if a run ends with it, redrive.',
  },
  ReportTruncated: {
    meaning:
      'CXone gave fewer rows of a report than it has, also after a pause, in smaller pages and over single hours. Nothing was committed.',
    acts: 'NICE support',
    remedy:
      'Redrive at a quieter hour, which begins anew. If it repeats, narrow the report by its parameters, or give NICE support the report and the range in the message.',
  },
  TimestampNotUtc: {
    meaning:
      'A record bears a timestamp without a zone or of another zone than UTC: its day would be a guess.',
    acts: 'platform engineer',
    remedy:
      'See that the report is asked for with the time zone UTC and that no proxy changes it; then start the window again with "refresh": true.',
  },
} as const satisfies Record<string, CatalogueEntry>;
