import type { Mapping } from '../../lambdas/model/mapping.ts';
import { LOADS_TABLE, quarantineTable } from './glue-tables.ts';

/** A query that is offered in Athena's console. Its SQL keeps to what Athena and DuckDB both speak. */
export interface SavedQuery {
  name: string;
  description: string;
  sql: string;
}

/** The queries about what is loaded, of all datasets. */
export function loadQueries(): SavedQuery[] {
  return [
    {
      name: 'completeness by day',
      description: 'For each dataset and day: rows of CXone, rows in the lake, and what became of the others',
      sql: `SELECT dataset, day, counts.parsed AS rows_of_cxone, counts.rowsout AS rows_in_the_lake,
  counts.duplicates AS duplicates, counts.superseded AS superseded, counts.rejects AS rejects,
  CASE WHEN counts.parsed = 0 THEN NULL
    ELSE round(100.0 * (counts.parsed - counts.rejects) / counts.parsed, 3) END AS percent_complete,
  committed_at, max_event
FROM ${LOADS_TABLE}
ORDER BY day DESC, dataset`,
    },
  ];
}

/** The queries over one dataset that its mapping has the columns for. */
export function datasetQueries(dataset: string, mapping: Mapping): SavedQuery[] {
  const has = new Set(mapping.columns.map(({ column }) => column));
  return OFFERED.filter(({ columns }) => columns.every((column) => has.has(column))).map(
    ({ name, description, sql }) => ({ name: `${dataset}: ${name}`, description, sql: sql(dataset) }),
  );
}

interface Offered {
  name: string;
  description: string;
  /** Lake columns that the query reads. */
  columns: readonly string[];
  sql: (dataset: string) => string;
}

const OFFERED: readonly Offered[] = [
  {
    name: 'calls by queue and hour',
    description: 'Calls of the last loaded day by queue and hour of UTC',
    columns: ['queue_name', 'start_time'],
    sql: (dataset) => `SELECT queue_name, date_trunc('hour', start_time) AS hour_utc, count(*) AS calls
FROM ${dataset}
WHERE dt = (SELECT max(day) FROM ${LOADS_TABLE} WHERE dataset = '${dataset}')
GROUP BY 1, 2
ORDER BY 1, 2`,
  },
  {
    name: 'abandon rate by day',
    description:
      'Share of inbound calls that nobody took. The spelling of the outcome is your contact center’s',
    columns: ['disposition', 'call_direction'],
    sql: (dataset) => `SELECT dt, count(*) AS inbound_calls,
  sum(CASE WHEN lower(disposition) LIKE 'abandon%' THEN 1 ELSE 0 END) AS abandoned,
  round(100.0 * sum(CASE WHEN lower(disposition) LIKE 'abandon%' THEN 1 ELSE 0 END) / count(*), 2) AS percent_abandoned
FROM ${dataset}
WHERE lower(call_direction) = 'inbound'
GROUP BY dt
ORDER BY dt DESC`,
  },
  {
    name: 'handle time by queue',
    description: 'Calls, average and longest length in seconds by day and queue',
    columns: ['queue_name', 'duration_seconds'],
    sql: (
      dataset,
    ) => `SELECT dt, queue_name, count(*) AS calls, round(avg(duration_seconds), 1) AS average_seconds,
  max(duration_seconds) AS longest_seconds
FROM ${dataset}
GROUP BY dt, queue_name
ORDER BY dt DESC, queue_name`,
  },
  {
    name: 'rejects by reason',
    description: 'Rows of current generations that could not be typed, by day, reason and column',
    columns: [],
    sql: (dataset) => `SELECT loaded.day, rejected.reason, rejected.source_column, count(*) AS records
FROM ${quarantineTable(dataset)} AS rejected
JOIN ${LOADS_TABLE} AS loaded
  ON loaded.dataset = '${dataset}'
  AND loaded.day = regexp_extract(rejected."$path", 'dt=([^/]+)/', 1)
  AND loaded.generation = regexp_extract(rejected."$path", 'gen=([^/]+)/', 1)
WHERE rejected.reason <> 'Superseded'
GROUP BY 1, 2, 3
ORDER BY 1 DESC, 4 DESC`,
  },
];
