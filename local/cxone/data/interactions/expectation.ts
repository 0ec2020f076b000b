import { planExport } from './export-plan.ts';
import { cellText, type Interaction, recordJson } from './record.ts';
import type { InteractionExport } from './settings.ts';

/** What a loader has to find in an export of one day: records = distinct + repeated + outdated. */
export interface ExpectedInteractions {
  /** All records handed out. */
  readonly records: number;
  /** Records that are left to load, those that start before the day among them. */
  readonly distinct: number;
  readonly repeated: number;
  readonly outdated: number;
  /** Records that start before the day. */
  readonly early: number;
  /** Distinct records without `queueId` and `wrapTime`. */
  readonly lacking: number;
  /** The records left to load by id: every column asked for as text, an empty one where there is no value. */
  readonly rows: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** The same as the JSON text that CXone gives. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Counts an export of one day. Of records with one id the last one is left to load. */
export function expectInteractions(wanted: InteractionExport): ExpectedInteractions {
  const plan = planExport({ ...wanted, days: 1 });
  const settings = wanted.settings(wanted.from);
  const columns = new Set(wanted.columns);
  const last = new Map<string, Interaction>();
  for (let place = 0; place < plan.total; place += 1) {
    const record = plan.record(place);
    last.set(String(record.get('id')), record);
  }
  const filled = settings.interactions > 0;
  return {
    records: plan.total,
    distinct: last.size,
    repeated: filled ? settings.repeated : 0,
    outdated: filled ? settings.outdated : 0,
    early: settings.early,
    lacking: [...last.values()].filter((record) => !record.has('queueId')).length,
    rows: new Map(
      [...last].map(([id, record]) => [
        id,
        Object.fromEntries(wanted.columns.map((column) => [column, cellText(record.get(column))])),
      ]),
    ),
    texts: new Map([...last].map(([id, record]) => [id, recordJson(record, columns)])),
  };
}
