import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { checkGroup, type GroupCheck } from './check.ts';
import {
  type Machine,
  type MapState,
  machineShape,
  type State,
  type StateGroup,
  stateShape,
} from './definition.ts';
import { DefinitionRefused } from './errors.ts';

/** The resources that the engine runs itself; others come through the registry of integrations. */
export const OWN_RESOURCES = [
  'arn:aws:states:::lambda:invoke',
  'arn:aws:states:::states:startExecution.sync:2',
] as const;

/** A definition as it comes from a template. */
export interface MachineSource {
  arn: string;
  name: string;
  /** Amazon States Language, JSON text. */
  definition: string;
}

/**
 * Loads a definition, JSONata dialect. Throws `DefinitionRefused` with every problem: text that is not JSON, fields
 * and values outside the shape, JSONPath, unsupported resources, targets that do not exist, unreachable states,
 * States.ALL that is not alone and last, expressions that do not parse, and variables that nothing can have assigned.
 *
 * @param resources the task resources that can be run.
 */
export function loadMachine(source: MachineSource, resources: ReadonlySet<string>): Machine {
  const problems: string[] = [];
  const loading: Loading = { labels: new Map(), malformed: new Map(), problems };
  const parsed = parseDefinition(source, problems);
  if (parsed === undefined) throw new DefinitionRefused(source.name, problems);
  const group = loadGroup(parsed, '', parsed.QueryLanguage ?? 'JSONPath', loading);
  const check: GroupCheck = {
    path: '',
    resources,
    malformed: loading.malformed,
    outer: new Set(),
    outerAssigned: new Set(),
    problems,
  };
  checkGroup(group, check);
  if (problems.length > 0) throw new DefinitionRefused(source.name, problems);
  return {
    arn: source.arn,
    name: source.name,
    group,
    timeoutSeconds: parsed.TimeoutSeconds,
    labels: loading.labels,
  };
}

function parseDefinition(
  source: MachineSource,
  problems: string[],
): z.output<typeof machineShape> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(source.definition);
  } catch {
    problems.push('(whole): must be JSON');
    return undefined;
  }
  const parsed = machineShape.safeParse(value);
  if (parsed.success) return parsed.data;
  note(parsed.error, '', problems);
  return undefined;
}

/** Adds a problem for everything that zod found. */
function note(error: z.ZodError, path: string, problems: string[]): void {
  for (const issue of error.issues) {
    const place = [path, ...issue.path.map(String)].filter((part) => part !== '').join('.');
    problems.push(`${place === '' ? '(whole)' : place}: ${issue.message}`);
  }
}

/** What loading gathers on its way. */
interface Loading {
  labels: Map<string, MapState>;
  /** Names of states that do not have the shape of one, by group. */
  malformed: Map<StateGroup, ReadonlySet<string>>;
  problems: string[];
}

interface RawGroup {
  StartAt: string;
  States: Record<string, unknown>;
}

function loadGroup(raw: RawGroup, path: string, language: string, loading: Loading): StateGroup {
  const { problems } = loading;
  const states = new Map<string, State>();
  const malformed = new Set<string>();
  for (const [name, value] of Object.entries(raw.States)) {
    const place = `${path === '' ? '' : `${path}.`}States.${name}`;
    if (name.length > 80) problems.push(`${place}: a state's name has at most 80 characters`);
    const parsed = stateShape.safeParse(value);
    if (!parsed.success) {
      note(parsed.error, place, problems);
      malformed.add(name);
      continue;
    }
    const own = parsed.data.QueryLanguage ?? language;
    if (own !== 'JSONata') problems.push(`${place}.QueryLanguage: must be JSONata, is ${own}`);
    if (parsed.data.Type === 'Map') states.set(name, loadMap(name, parsed.data, place, language, loading));
    else states.set(name, parsed.data);
  }
  const group: StateGroup = { startAt: raw.StartAt, states };
  if (malformed.size > 0) loading.malformed.set(group, malformed);
  return group;
}

type MapShape = Extract<z.output<typeof stateShape>, { Type: 'Map' }>;

/** Fields that only the distributed mode has. */
const DISTRIBUTED_FIELDS = [
  'ItemReader',
  'ItemBatcher',
  'ResultWriter',
  'ToleratedFailurePercentage',
  'ToleratedFailureCount',
  'Label',
] as const;

function loadMap(name: string, shape: MapShape, place: string, language: string, loading: Loading): MapState {
  const { labels, problems } = loading;
  const processor = shape.ItemProcessor;
  const distributed = processor.ProcessorConfig.Mode === 'DISTRIBUTED';
  const group = loadGroup(processor, `${place}.ItemProcessor`, processor.QueryLanguage ?? language, loading);
  const label = distributed ? (shape.Label ?? labelFor(place)) : undefined;
  const state: MapState = { ...shape, group, label };
  if (label !== undefined) {
    if (labels.has(label)) problems.push(`${place}.Label: ${label} is used by another Map`);
    labels.set(label, state);
  } else {
    for (const field of DISTRIBUTED_FIELDS) {
      if (shape[field] !== undefined)
        problems.push(`${place}.${field}: only a Map in mode DISTRIBUTED has it`);
    }
  }
  if (distributed && processor.ProcessorConfig.ExecutionType === undefined) {
    problems.push(`${place}.ItemProcessor.ProcessorConfig.ExecutionType: must be STANDARD`);
  }
  if (shape.ItemReader !== undefined && shape.Items !== undefined) {
    problems.push(`${place}.Items: must not stand beside ItemReader (map ${name})`);
  }
  return state;
}

/** A label for a Map that has none: AWS makes one up, ours depends on the Map's place alone. */
function labelFor(place: string): string {
  return `map-${createHash('sha256').update(place).digest('hex').slice(0, 12)}`;
}
