import { always, numbered, type Scenario, worded } from './scenario.ts';

const forever = Number.POSITIVE_INFINITY;
const neverCut = { times: 0, after: 0, longerThanHours: 0, pagesAbove: 0 };

/** Reports: their rows, and what becomes of their cursors and totals. */
export const reportScenarios: Readonly<Record<string, Scenario>> = {
  'report-rows': numbered(
    'skills',
    40,
    'So many rows in every interval of a report.',
    (rowsPerInterval) => ({ report: { data: { rowsPerInterval } } }),
    100_000,
  ),
  'report-closed': numbered(
    'hour',
    18,
    'No rows from that UTC hour of the day on.',
    (closedFrom) => ({ report: { data: { closedFrom } } }),
    24,
  ),
  'report-empty': always('A report without a row: totalRecords 0.', { report: { data: { empty: true } } }),
  'report-truncated': numbered(
    'records',
    30,
    'The first query loses its cursor after so many records.',
    (after) => ({ report: { truncation: { ...neverCut, times: 1, after } } }),
  ),
  'report-truncated-large-pages': numbered(
    'records',
    30,
    'Queries with pages of more than 125 records lose their cursor after so many records.',
    (after) => ({ report: { truncation: { ...neverCut, times: forever, after, pagesAbove: 125 } } }),
  ),
  'report-truncated-long': numbered(
    'hours',
    3,
    'Queries over more than so many hours lose their cursor after seven records.',
    (longerThanHours) => ({
      report: { truncation: { ...neverCut, times: forever, after: 7, longerThanHours } },
    }),
  ),
  'report-truncated-always': numbered(
    'records',
    3,
    'Every query loses its cursor after so many records.',
    (after) => ({ report: { truncation: { ...neverCut, times: forever, after } } }),
  ),
  'report-total-missing': always('No page says totalRecords.', { report: { total: 'missing' } }),
  'report-total-stale': always('totalRecords is of an earlier time: half of what comes.', {
    report: { total: 'stale' },
  }),
  'report-total-growing': always('totalRecords grows from page to page.', { report: { total: 'growing' } }),
  'report-total-too-high': always('totalRecords is more than there are.', { report: { total: 'too-high' } }),
  'report-local-time': worded(
    'zone',
    'America/New_York',
    'Timestamps are local ones of a zone, without an offset, although UTC was asked for.',
    (zone) => ({ report: { data: { zone } } }),
  ),
  'report-new-metrics': numbered(
    'metrics',
    2,
    'Metrics that nobody knows.',
    (addedMetrics) => ({ report: { data: { addedMetrics } } }),
    100,
  ),
  'report-renamed': worded('name', 'handled', 'metric.calls.answered has another name.', (answeredAs) => ({
    report: { data: { answeredAs } },
  })),
  'report-nulls': always('Four comments of five are null, "", "N/A" or not there.', {
    report: { data: { comments: 'some' } },
  }),
  'report-never': always('Every comment is null, "", "N/A" or not there.', {
    report: { data: { comments: 'none' } },
  }),
  'report-revised': numbered(
    'revision',
    1,
    'One row a day is corrected and a late one has come.',
    (revision) => ({ report: { data: { revision } } }),
  ),
};
