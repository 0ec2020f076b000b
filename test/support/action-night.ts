import { z } from 'zod';
import { dateProcessingFields } from '../../lambdas/data-actions/action-text.ts';
import { runObjectKey } from '../../lambdas/lake/keys.ts';
import { actionName } from '../../local/cxone/data/action-text.ts';
import type { SimulatedAction } from '../../local/cxone/index.ts';
import { type Ended, type Night, type Nights, type NightsOptions, prepareNights, TENANT } from './night.ts';
import { storesOf } from './night-findings.ts';

/** What a run's results say of one update. */
const Result = z.looseObject({
  index: z.number(),
  action: z.string(),
  outcome: z.enum(['updated', 'inPlace', 'failed', 'notTried']),
  computedValue: z.string(),
  localValue: z.string(),
  truncated: z.boolean(),
  before: z.unknown().optional(),
  after: z.unknown().optional(),
  latencyMilliseconds: z.number().optional(),
  accuracyMilliseconds: z.number().optional(),
  auditSequence: z.number().optional(),
  error: z.string().optional(),
});
export type UpdateResult = z.infer<typeof Result>;

/** Nights of `data-action-dates`. */
export function prepareActionNights(options: NightsOptions & { settings?: object } = {}): Promise<Nights> {
  const { settings = {}, ...others } = options;
  return prepareNights({
    pipeline: 'data-action-dates',
    pipelines: { dataActions: settings },
    ...others,
    simulator: { rows: 1, parts: 1, ...others.simulator },
  });
}

/** An update of the n-th data action of the simulator: by an hour, so that it is not in place unless `minute` has been before. */
export function anHour(number: number, more: Readonly<Record<string, unknown>> = {}) {
  return {
    action: actionName(number),
    timestamp: '2024-03-10T06:30:00.000Z',
    zone: 'America/New_York',
    operation: 'ADD_OFFSET',
    offsetMinutes: 60,
    ...more,
  };
}

/** Numbers from one up to, with, another. */
export function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** The n-th data action of the simulator, as it is now. */
export function actionOf(night: Pick<Night, 'simulator'>, number: number): SimulatedAction {
  const found = night.simulator.actions.find(({ name }) => name === actionName(number));
  if (found === undefined) throw new Error(`There is no data action ${number}.`);
  return found;
}

/** The `dateProcessing` of the n-th data action. */
export function fieldsOf(night: Pick<Night, 'simulator'>, number: number): Readonly<Record<string, unknown>> {
  return dateProcessingFields(actionOf(night, number).text);
}

/** Every update of a run as its results tell it. */
export async function resultsOf(night: Night, { run }: Pick<Ended, 'run'>): Promise<UpdateResult[]> {
  const key = runObjectKey(TENANT, 'data-action-dates', run, 'results.jsonl');
  const text = await storesOf(night).objects.readText(key);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => Result.parse(JSON.parse(line)));
}

/** Lays a manifest into the lake and gives its key. A line that is a text is laid as it is. */
export async function layManifest(night: Night, name: string, lines: readonly unknown[]): Promise<string> {
  const key = `manifests/${TENANT}/${name}.jsonl`;
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
  await storesOf(night).objects.writeText(key, text, 'application/x-ndjson');
  return key;
}

/** Everything of an action's text but `dateProcessing` and the number of its version: what no update may touch. */
export function restOf(text: string): string {
  return text
    .replace(/,?"dateProcessing" ?: ?\{(?:[^{}]|\{[^{}]*\})*\}(?:, )?/, '')
    .replace(/"version":\d+/, '"version":…');
}

/** Names of the methods and paths of calls to the data actions API but for the list, in order. */
export function callsAbout(night: Night): string[] {
  return night.calls().flatMap(({ kind, method }) => (kind === 'read' || kind === 'replace' ? [method] : []));
}
