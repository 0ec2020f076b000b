import type { Mapping } from '../model/mapping.ts';
import type { RecordFindings } from './record-findings.ts';
import { isNullText } from './record-reader.ts';

/** What becomes of fields that the mapping does not know. */
export class ExtraFields {
  readonly #findings: RecordFindings;
  readonly #nulls: ReadonlySet<string>;
  /** Whether they are left out. */
  readonly isIgnored: boolean;

  constructor({ nulls, newFields }: Mapping, findings: RecordFindings) {
    this.#findings = findings;
    this.#nulls = new Set(nulls);
    this.isIgnored = newFields === 'ignore';
  }

  /** Counts a record's unknown fields, and gives those with a value as a JSON object, by path, their values as they were received; empty where there are none. */
  text(unknown: ReadonlyMap<string, string>): string {
    for (const path of unknown.keys()) this.#findings.countUnknown(path);
    if (this.isIgnored) return '';
    const members = [...unknown]
      .filter(([, text]) => !isNullText(text, this.#nulls))
      .toSorted(([left], [right]) => (left < right ? -1 : 1))
      .map(([path, text]) => `${JSON.stringify(path)}:${text}`);
    return members.length === 0 ? '' : `{${members.join(',')}}`;
  }
}
