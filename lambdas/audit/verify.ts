import { z } from 'zod';
import { auditPrefix } from '../lake/keys.ts';
import { NO_RECORD } from '../model/audit.ts';
import { isError } from '../model/errors.ts';
import type { DatasetId } from '../model/ids.ts';
import type { PipelineName } from '../model/pipelines.ts';
import { type AuditPorts, readHead, readRecord, readRecords } from './chain.ts';
import { type ChainId, digestOfText, macMessage, recordIn } from './record.ts';
import { type Witnesses, witnessesOf } from './witnesses.ts';

/** What is wrong with a chain. */
export type AuditProblem =
  | 'edited'
  | 'removed'
  | 'tailCut'
  | 'reordered'
  | 'replaced'
  | 'unlinked'
  | 'forged'
  | 'copiesDiffer'
  | 'headForged';

/** One thing that is wrong, and which record it is about. */
export interface AuditFinding {
  /** Number of the record; of the first one where several in a row are gone. */
  record: number;
  problem: AuditProblem;
  place: 'ledger' | 'bucket' | 'head';
  sentence: string;
}

/** What a chain came to. Intact where there are no findings. */
export interface AuditVerdict {
  records: number;
  /** Records behind the head whose object or head an interrupted call left to the next one. Not a finding. */
  pending: number;
  findings: AuditFinding[];
}

/** One copy of a record, as it was found. */
interface Copy {
  text: string;
  digest: string;
  /** Only objects have one. */
  mac?: string;
}

const Seal = z.object({ digest: z.string(), mac: z.string() });

/**
 * Holds a chain against itself, copy against copy, and against its MACs: finds edits, removals, a cut tail, changes of order and
 * a rewritten past, and names the records. Reads both copies side by side, one record at a time. What remembers records is read before
 * the records, and the ledger's copy, which is written first, once more where it is missing: what is appended meanwhile is no finding.
 * @param datasets those whose windows may remember a record of this chain, beside those that are found
 */
export async function verifyAudit(
  ports: AuditPorts,
  pipeline: PipelineName,
  datasets: readonly DatasetId[],
): Promise<AuditVerdict> {
  const chain = { tenant: ports.ledger.tenant, pipeline };
  const findings: AuditFinding[] = [];
  const find = (record: number, problem: AuditProblem, place: AuditFinding['place'], sentence: string) =>
    findings.push({ record, problem, place, sentence });
  const witnesses = await witnessesOf(ports, pipeline, datasets);
  const head = await readHead(ports.ledger, pipeline);
  const ledger = stepping(ledgerCopies(ports, pipeline));
  const bucket = stepping(bucketCopies(ports, chain));
  let previous = NO_RECORD;
  let headDigest: string | undefined;
  let pending = 0;
  let number = 1;
  for (; (await ledger.more()) || (await bucket.more()); number++) {
    const inLedger =
      (await ledger.at(number)) ??
      ((await ledger.more()) ? undefined : await readRecord(ports.ledger, pipeline, number));
    const inBucket = await bucket.at(number);
    if (inLedger === undefined && (await ledger.more()))
      find(number, 'removed', 'ledger', `Record ${number} is gone from the ledger.`);
    else if (inLedger === undefined)
      find(number, 'tailCut', 'ledger', `The ledger ends before record ${number}, which the bucket has.`);
    if (inBucket === undefined && number <= (head?.sequence ?? 0))
      find(
        number,
        (await bucket.more()) ? 'removed' : 'tailCut',
        'bucket',
        `Record ${number} is gone from the bucket.`,
      );
    else if (inBucket === undefined || number > (head?.sequence ?? 0)) pending += 1;
    for (const [place, copy] of [['ledger', inLedger] as const, ['bucket', inBucket] as const])
      if (copy !== undefined)
        for (const [problem, sentence] of flaws(chain, number, previous, copy))
          find(number, problem, place, sentence);
    const sealed =
      inBucket?.mac !== undefined &&
      (await ports.mac.verify(
        macMessage(chain, { sequence: number, digest: digestOfText(inBucket.text) }),
        inBucket.mac,
      ));
    if (inBucket !== undefined && !sealed)
      find(number, 'forged', 'bucket', `The MAC of record ${number} is not of the audit key and this text.`);
    if (inLedger !== undefined && inBucket !== undefined && inLedger.text !== inBucket.text)
      find(
        number,
        'copiesDiffer',
        sealed ? 'ledger' : 'bucket',
        `Record ${number} reads differently in ledger and bucket; ${sealed ? 'the bucket’s is authentic' : 'neither is authentic'}.`,
      );
    // What follows is held against the authentic copy, so that one flaw is not told of every later record.
    const trusted = sealed ? inBucket : (inLedger ?? inBucket);
    previous = trusted === undefined ? previous : digestOfText(trusted.text);
    const replaced = trusted && replacement(witnesses, number, trusted);
    if (replaced !== undefined) find(number, 'replaced', 'ledger', replaced);
    if (number === head?.sequence) headDigest = previous;
  }
  const last = number - 1;
  if (head !== undefined && head.sequence > last)
    find(last + 1, 'tailCut', 'head', `The head names record ${head.sequence}; the chain ends with ${last}.`);
  else if (head !== undefined && head.digest !== headDigest)
    find(
      head.sequence,
      'headForged',
      'head',
      `The head does not have the digest of record ${head.sequence}.`,
    );
  if (head !== undefined && !(await ports.mac.verify(macMessage(chain, head), head.mac)))
    find(head.sequence, 'headForged', 'head', 'The MAC of the head is not of the audit key.');
  const longest = [...witnesses.keys()].reduce((most, sequence) => Math.max(most, sequence), 0);
  const [witness] = longest > last ? (witnesses.get(longest) ?? []) : [];
  if (witness !== undefined)
    find(
      last + 1,
      'tailCut',
      'ledger',
      `The ${witness.subject} has record ${longest}; the chain ends with ${last}.`,
    );
  return { records: last, pending, findings };
}

/** What a witness says against the event of a record: that of another one had its number, before the tail was cut and the chain went on. */
function replacement(witnesses: Witnesses, number: number, { text }: Copy): string | undefined {
  const event = recordIn(text)?.event.id;
  const witness =
    event === undefined ? undefined : witnesses.get(number)?.find((one) => !one.remembers(event));
  return witness && `Record ${number} is of ${event}; the ${witness.subject} has that number.`;
}

/** What is wrong with one copy, by itself and after the record before. */
function flaws(chain: ChainId, number: number, previous: string, copy: Copy): [AuditProblem, string][] {
  const record = recordIn(copy.text);
  const found: [AuditProblem, string][] = [];
  if (digestOfText(copy.text) !== copy.digest)
    found.push(['edited', `The text of record ${number} does not have its digest.`]);
  if (record === undefined) return [...found, ['edited', `Record ${number} is not of the form of a record.`]];
  if (record.sequence !== number)
    found.push(['reordered', `Record ${record.sequence} stands where record ${number} was.`]);
  if (record.tenant !== chain.tenant || record.pipeline !== chain.pipeline)
    found.push(['reordered', `Record ${number} is of another chain.`]);
  if (record.previous !== previous)
    found.push(['unlinked', `Record ${number} does not follow the record before it.`]);
  return found;
}

async function* ledgerCopies(
  { ledger }: AuditPorts,
  pipeline: PipelineName,
): AsyncGenerator<{ number: number; copy: Copy }> {
  for await (const { sequence, text, digest } of readRecords(ledger, pipeline))
    yield { number: sequence, copy: { text, digest } };
}

async function* bucketCopies(
  { objects }: AuditPorts,
  chain: ChainId,
): AsyncGenerator<{ number: number; copy: Copy }> {
  const prefix = auditPrefix(chain.tenant, chain.pipeline);
  for await (const { key } of objects.list(prefix)) {
    const number = Number(/^(\d{10})\.jsonl$/.exec(key.slice(prefix.length))?.[1] ?? Number.NaN);
    if (Number.isNaN(number)) continue;
    const text = await objects.readText(key).catch((error: unknown) => {
      if (isError(error, 'ObjectMissing')) return undefined;
      throw error;
    });
    if (text !== undefined) yield { number, copy: copyIn(text) };
  }
}

/** A record's object: two lines. What is not of that form is a copy that nothing fits. */
function copyIn(object: string): Copy {
  const [text = '', seal = ''] = object.split('\n');
  try {
    const parsed = Seal.safeParse(JSON.parse(seal));
    if (parsed.success) return { text, ...parsed.data };
  } catch {
    // The line is no JSON.
  }
  return { text, digest: '', mac: '' };
}

/** A sequence of numbered copies, taken number by number. */
function stepping(copies: AsyncGenerator<{ number: number; copy: Copy }>) {
  let ahead: IteratorResult<{ number: number; copy: Copy }> | undefined;
  const peek = async () => {
    ahead ??= await copies.next();
    return ahead.done ? undefined : ahead.value;
  };
  return {
    async more(): Promise<boolean> {
      return (await peek()) !== undefined;
    },
    /** The copy of that number, or undefined where it is gone. */
    async at(number: number): Promise<Copy | undefined> {
      const next = await peek();
      if (next === undefined || next.number > number) return undefined;
      ahead = undefined;
      return next.copy;
    },
  };
}
