import { createHash } from 'node:crypto';
import { type AuditEvent, AuditRecord } from '../model/audit.ts';
import type { TenantId } from '../model/ids.ts';
import type { PipelineName } from '../model/pipelines.ts';

/** Which chain: there is one a tenant and pipeline. */
export interface ChainId {
  tenant: TenantId;
  pipeline: PipelineName;
}

/** A place in a chain: a record's number, from 1, and the digest of its text. */
export interface Link {
  sequence: number;
  digest: string;
}

/** A record as it is stored: its digest is that of the text, to the byte. */
export interface StoredRecord extends Link {
  text: string;
  /** The id of the event. */
  event: string;
}

/** Makes the record that follows a link. */
export function recordAfter(chain: ChainId, last: Link, event: AuditEvent, recordedAt: string): StoredRecord {
  const record: AuditRecord = {
    version: 1,
    ...chain,
    sequence: last.sequence + 1,
    previous: last.digest,
    recordedAt,
    event,
  };
  const text = JSON.stringify(record);
  return { sequence: record.sequence, digest: digestOfText(text), text, event: event.id };
}

/** SHA-256 of a record's text. */
export function digestOfText(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** What is MACed: a link and the chain that it belongs to. Through the digests it covers every record before. */
export function macMessage({ tenant, pipeline }: ChainId, { sequence, digest }: Link): string {
  return ['cxone-export audit 1', tenant, pipeline, String(sequence), digest].join('\n');
}

/** A record as an object holds it: the text on a line of its own, so that any tool can hash it, then digest and MAC. */
export function objectText({ text, digest }: StoredRecord, mac: string): string {
  return `${text}\n${JSON.stringify({ digest, mac })}\n`;
}

/** Reads a record's text. Undefined where it is none of ours. */
export function recordIn(text: string): AuditRecord | undefined {
  try {
    return AuditRecord.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
