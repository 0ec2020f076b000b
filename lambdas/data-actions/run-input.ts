import { createInterface } from 'node:readline';
import { z } from 'zod';
import { manifestPrefix } from '../lake/keys.ts';
import { ActionsInput } from '../model/action-payloads.ts';
import { actionsNamedTwice, DateUpdate } from '../model/date-updates.ts';
import { catalogued } from '../model/errors.ts';
import type { TenantId } from '../model/ids.ts';
import type { PlannedUpdate } from '../model/planned-update.ts';
import type { ObjectStore } from '../model/ports.ts';
import { kindOf, type Problem, problemSentence, problemsOf } from '../model/refusal.ts';
import { computeDate } from './arithmetic.ts';

/** Bounds of a manifest: what a run can hold in memory at once. At 60 calls a minute 20,000 updates take a day. */
export const MANIFEST_BYTES = 16 * 1_048_576;
export const MANIFEST_LINES = 20_000;

/** Characters of a refusal: Step Functions keeps 32,768 of a cause. */
const REFUSAL_CHARACTERS = 20_000;

/** Clocks of the scheduler and of Step Functions may differ by so much. */
const CLOCK_DIFFERENCE_MILLISECONDS = 5 * 60_000;

/** What a run was asked for, validated whole and computed. */
export interface RequestedUpdates {
  updates: PlannedUpdate[];
  dryRun: boolean;
  /** The schedule's own time, where that has started the run. */
  scheduledTime: string | undefined;
}

/**
 * Parses an execution's input and the manifest that it may name, and computes every update. `{}` is the configured list.
 *
 * @throws InputRefused with every problem, each with its place in the list
 */
export async function readRequest(
  ports: { objects: ObjectStore; tenant: TenantId },
  given: unknown,
  startTime: string,
  configured: readonly unknown[],
): Promise<RequestedUpdates> {
  const parsed = ActionsInput.safeParse(given);
  const fields = z.record(z.string(), z.unknown()).catch({}).parse(given);
  const problems = [
    ...(parsed.success ? [] : problemsOf(parsed.error, given)),
    ...disagreements(fields, startTime),
    ...repeated('updates', z.array(z.unknown()).catch([]).parse(fields.updates)),
  ];
  const {
    manifest,
    updates = z.array(DateUpdate).parse(configured),
    dryRun = false,
    scheduledTime,
  } = parsed.data ?? {};
  const listed = manifest === undefined ? updates : await readManifest(ports, manifest, problems);
  const planned = listed.map((update, index) => ({ index, ...update, ...computeDate(update) }));
  problems.push(...unwritable(planned, manifest === undefined ? 'updates' : 'manifest'));
  if (parsed.success && problems.length === 0) return { updates: planned, dryRun, scheduledTime };
  throw refused(problems);
}

/** What is wrong between the fields of an input. */
function disagreements(given: Readonly<Record<string, unknown>>, startTime: string): Problem[] {
  const problems: Problem[] = [];
  if (given.updates !== undefined && given.manifest !== undefined)
    problems.push({
      path: 'manifest',
      found: kindOf(given.manifest),
      expected: 'must not stand beside updates: give one of them',
    });
  const scheduled = z.iso.datetime().safeParse(given.scheduledTime);
  const latest = Date.parse(startTime) + CLOCK_DIFFERENCE_MILLISECONDS;
  if (scheduled.success && Date.parse(scheduled.data) > latest)
    problems.push({
      path: 'scheduledTime',
      found: kindOf(given.scheduledTime),
      expected: 'must not be after the start of the execution',
    });
  return problems;
}

/** Data actions that more than one update names. */
function repeated(path: string, updates: readonly unknown[]): Problem[] {
  return actionsNamedTwice(updates).map((index) => ({
    path: `${path}[${index}].action`,
    found: 'the name of an earlier update',
    expected: 'must be named by one update only: two would race',
  }));
}

/** Local times that ISO 8601 cannot write: their zone was not a whole number of minutes from UTC then. */
function unwritable(updates: readonly PlannedUpdate[], path: string): Problem[] {
  return updates.flatMap(({ index, sendLocalValue, localValue }) =>
    sendLocalValue && /[+-]\d{2}:\d{2}:\d{2}$/.test(localValue)
      ? [
          {
            path: `${path}[${index}].sendLocalValue`,
            found: kindOf(sendLocalValue),
            expected: 'must be false: the zone’s offset then has seconds, which a timestamp cannot say',
          },
        ]
      : [],
  );
}

async function readManifest(
  { objects, tenant }: { objects: ObjectStore; tenant: TenantId },
  key: string,
  problems: Problem[],
): Promise<DateUpdate[]> {
  const prefix = manifestPrefix(tenant);
  const wrong = (found: string, expected: string) => problems.push({ path: 'manifest', found, expected });
  if (!key.startsWith(prefix)) {
    wrong(kindOf(key), `must be a key that begins with ${prefix}`);
    return [];
  }
  const facts = await objects.find(key);
  if (facts === undefined) wrong('no object', 'must be the key of an object of JSON lines');
  else if (facts.bytes > MANIFEST_BYTES)
    wrong(`${facts.bytes} bytes`, `must have at most ${MANIFEST_BYTES} bytes`);
  else return readLines(objects, key, problems);
  return [];
}

async function readLines(objects: ObjectStore, key: string, problems: Problem[]): Promise<DateUpdate[]> {
  const updates: DateUpdate[] = [];
  const names: { action?: string }[] = [];
  const body = await objects.open(key);
  for await (const line of createInterface({ input: body, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue;
    const index = names.length;
    if (index >= MANIFEST_LINES) {
      problems.push({
        path: 'manifest',
        found: `more than ${MANIFEST_LINES} lines`,
        expected: `must have at most ${MANIFEST_LINES}: start several runs`,
      });
      body.destroy();
      break;
    }
    const { update, name, found } = readLine(line, index);
    names.push(name);
    problems.push(...found);
    if (update !== undefined) updates.push(update);
  }
  if (names.length === 0)
    problems.push({ path: 'manifest', found: 'an empty object', expected: 'must hold one update a line' });
  problems.push(...repeated('manifest', names));
  return updates;
}

function readLine(text: string, index: number) {
  const name = z.object({ action: z.string().optional().catch(undefined) }).catch({});
  try {
    const value: unknown = JSON.parse(text);
    const parsed = DateUpdate.safeParse(value);
    const found = parsed.success
      ? []
      : problemsOf(parsed.error, value).map((problem) => placed(problem, index));
    return { update: parsed.data, name: name.parse(value), found };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    const problem = { path: `manifest[${index}]`, found: 'text that is not JSON', expected: 'must be JSON' };
    return { update: undefined, name: {}, found: [problem] };
  }
}

function placed(problem: Problem, index: number): Problem {
  const path = problem.path === '(whole)' ? '' : `.${problem.path}`;
  return { ...problem, path: `manifest[${index}]${path}` };
}

function refused(problems: readonly Problem[]) {
  const sentences: string[] = [];
  let characters = 0;
  for (const sentence of problems.map(problemSentence)) {
    characters += sentence.length + 2;
    if (characters > REFUSAL_CHARACTERS) break;
    sentences.push(sentence);
  }
  const left = problems.length - sentences.length;
  const count = `${problems.length} problem${problems.length === 1 ? '' : 's'}`;
  const more = left === 0 ? '' : `; and ${left} more`;
  return catalogued('InputRefused', `The input has ${count}: ${sentences.join('; ')}${more}.`);
}
