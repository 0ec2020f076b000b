import type { Catcher, MapState, Retrier, State, StateGroup } from './definition.ts';
import { expressionIn } from './evaluate.ts';
import { ADDED_FUNCTIONS, WITHHELD_FUNCTIONS } from './functions.ts';
import { isObject, type Json } from './json.ts';
import { referencesOf } from './variables.ts';

/** What the check of one group of states needs and finds. */
export interface GroupCheck {
  /** The group's path, empty for the machine's own. */
  path: string;
  /** The task resources that can be run. */
  resources: ReadonlySet<string>;
  /** Variables that may be assigned when the group starts. */
  outer: ReadonlySet<string>;
  /** Variables that any enclosing scope assigns anywhere: an inner scope must not assign them too. */
  outerAssigned: ReadonlySet<string>;
  /** Names of states that were left out of a group because they are malformed: their ways on are unknown. */
  malformed: ReadonlyMap<StateGroup, ReadonlySet<string>>;
  problems: string[];
}

/** A way out of a state, and the variables assigned on it. */
interface Edge {
  to: string;
  assign: Readonly<Record<string, Json>>;
  field: string;
}

/** Checks what a shape cannot say: the graph, the error lists, the expressions and their variables. */
export function checkGroup(group: StateGroup, check: GroupCheck): void {
  const prefix = check.path === '' ? '' : `${check.path}.`;
  const malformed = check.malformed.get(group) ?? new Set<string>();
  const exists = (name: string) => group.states.has(name) || malformed.has(name);
  if (!exists(group.startAt)) check.problems.push(`${prefix}StartAt: no state ${group.startAt}`);
  const edges = new Map<string, Edge[]>();
  for (const [name, state] of group.states) {
    const place = `${prefix}States.${name}`;
    edges.set(name, edgesOf(state));
    checkTransitions(state, place, exists, edgesOf(state), check.problems);
    if (state.Type === 'Task' && !check.resources.has(state.Resource)) {
      check.problems.push(`${place}.Resource: ${state.Resource} is not supported`);
    }
    if (state.Type === 'Task' || state.Type === 'Map') checkErrorLists(state, place, check.problems);
  }
  const known = assignedBefore(group, edges, check.outer);
  const assigned = new Set(check.outerAssigned);
  for (const [name, state] of group.states) {
    for (const variable of assignedBy(state)) {
      assigned.add(variable);
      if (check.outerAssigned.has(variable)) {
        check.problems.push(`${prefix}States.${name}.Assign.${variable}: an outer scope assigns this name`);
      }
    }
  }
  for (const [name, state] of group.states) {
    const place = `${prefix}States.${name}`;
    const variables = known.get(name);
    const certain = malformed.size === 0;
    if (variables === undefined && certain) check.problems.push(`${place}: cannot be reached`);
    checkExpressions(state, place, certain ? variables : undefined, check.problems);
    if (state.Type === 'Map') checkMap(state, place, variables ?? assigned, assigned, check);
  }
}

function checkMap(
  state: MapState,
  place: string,
  known: ReadonlySet<string>,
  assigned: ReadonlySet<string>,
  check: GroupCheck,
): void {
  const inline = state.label === undefined;
  checkGroup(state.group, {
    ...check,
    path: `${place}.ItemProcessor`,
    outer: inline ? known : new Set(),
    outerAssigned: inline ? assigned : new Set(),
  });
}

/** Every variable that a state assigns on any way out of it. */
function assignedBy(state: State): Set<string> {
  const own = 'Assign' in state ? (state.Assign ?? {}) : {};
  return new Set(
    [own, ...edgesOf(state).map((edge) => edge.assign)].flatMap((assign) => Object.keys(assign)),
  );
}

function edgesOf(state: State): Edge[] {
  const own = 'Assign' in state ? (state.Assign ?? {}) : {};
  const edges: Edge[] = [];
  if ('Next' in state && state.Next !== undefined) edges.push({ to: state.Next, assign: own, field: 'Next' });
  if (state.Type === 'Choice') {
    state.Choices.forEach((rule, index) => {
      edges.push({ to: rule.Next, assign: rule.Assign ?? {}, field: `Choices[${index}].Next` });
    });
    if (state.Default !== undefined) edges.push({ to: state.Default, assign: own, field: 'Default' });
  }
  if (state.Type === 'Task' || state.Type === 'Map') {
    state.Catch.forEach((catcher, index) => {
      edges.push({ to: catcher.Next, assign: catcher.Assign ?? {}, field: `Catch[${index}].Next` });
    });
  }
  return edges;
}

function checkTransitions(
  state: State,
  place: string,
  exists: (name: string) => boolean,
  edges: Edge[],
  problems: string[],
): void {
  for (const edge of edges) {
    if (!exists(edge.to)) problems.push(`${place}.${edge.field}: no state ${edge.to}`);
  }
  if (state.Type === 'Choice' || state.Type === 'Succeed' || state.Type === 'Fail') return;
  if ((state.Next === undefined) === (state.End !== true))
    problems.push(`${place}: must have exactly one of Next and End: true`);
}

function checkErrorLists(
  state: { Retry: Retrier[]; Catch: Catcher[] },
  place: string,
  problems: string[],
): void {
  for (const field of ['Retry', 'Catch'] as const) {
    const lists = state[field].map((entry) => entry.ErrorEquals);
    lists.forEach((errors, index) => {
      if (!errors.includes('States.ALL')) return;
      if (errors.length > 1)
        problems.push(`${place}.${field}[${index}].ErrorEquals: States.ALL must stand alone`);
      if (index < lists.length - 1)
        problems.push(`${place}.${field}[${index}].ErrorEquals: States.ALL must come last`);
    });
  }
}

/** For each state that can be reached, the variables that some path to it assigns. */
function assignedBefore(
  group: StateGroup,
  edges: Map<string, Edge[]>,
  outer: ReadonlySet<string>,
): Map<string, Set<string>> {
  const known = new Map<string, Set<string>>([[group.startAt, new Set(outer)]]);
  const open = [group.startAt];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const before = known.get(name) ?? new Set<string>();
    for (const edge of edges.get(name) ?? []) {
      const there = known.get(edge.to);
      const after = new Set([...(there ?? []), ...before, ...Object.keys(edge.assign)]);
      if (there !== undefined && there.size === after.size) continue;
      known.set(edge.to, after);
      open.push(edge.to);
    }
  }
  return known;
}

/** Where `$states.result` and `$states.errorOutput` have a value. */
const RESULT_FIELDS = /^(Assign|Output)\b/;
const ERROR_FIELDS = /^Catch\[/;

function checkExpressions(
  state: State,
  place: string,
  known: ReadonlySet<string> | undefined,
  problems: string[],
): void {
  const hasResult = state.Type === 'Task' || state.Type === 'Map';
  for (const { field, value } of templatesOf(state)) {
    walk(value, field, (text, at) => {
      const problem = (what: string) => problems.push(`${place}.${at}: ${what}`);
      const source = expressionIn(text);
      if (source === undefined) {
        if (/^\{%|%\}$/.test(text)) problem('a JSONata expression begins with {% and ends with %}');
        return;
      }
      let references: ReturnType<typeof referencesOf>;
      try {
        references = referencesOf(source);
      } catch (error) {
        problem(`is not JSONata: ${String(Reflect.get(Object(error), 'message'))}`);
        return;
      }
      for (const name of references.free) {
        if (WITHHELD.has(name)) problem(`$${name} is not offered by Step Functions`);
        else if (known !== undefined && !known.has(name) && !isProvided(name))
          problem(`$${name} is assigned on no path to this state`);
      }
      if (references.states.has('result') && !(hasResult && RESULT_FIELDS.test(at)))
        problem('$states.result has no value here');
      if (references.states.has('errorOutput') && !ERROR_FIELDS.test(at))
        problem('$states.errorOutput has no value here');
    });
  }
}

const WITHHELD: ReadonlySet<string> = new Set(WITHHELD_FUNCTIONS);
const PROVIDED: ReadonlySet<string> = new Set(['', '$', 'states', ...ADDED_FUNCTIONS]);

/** Whether a name is JSONata's own: asked of JSONata, for which an unbound name has no value. */
function isProvided(name: string): boolean {
  return PROVIDED.has(name) || BUILT_IN.has(name);
}

const BUILT_IN: ReadonlySet<string> = new Set(
  `sum count max min average string substring substringBefore substringAfter lowercase uppercase length trim pad match
  contains replace split join formatNumber formatBase formatInteger parseInteger number floor ceil round abs sqrt power
  random boolean not map zip filter single reduce sift keys lookup append exists spread merge reverse each error assert
  type sort shuffle distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl toMillis
  fromMillis clone now millis`.split(/\s+/),
);

/** Every part of a state that may hold expressions, by its field. */
function templatesOf(state: State): { field: string; value: Json | undefined }[] {
  switch (state.Type) {
    case 'Task':
      return [...resultsOf(state), ...handlersOf(state), ...pick(state, ['Arguments', 'TimeoutSeconds'])];
    case 'Choice':
      return [
        ...resultsOf(state),
        ...state.Choices.flatMap((rule, index) =>
          pick(rule, ['Condition', 'Assign', 'Output']).map((part) => ({
            ...part,
            field: `Choices[${index}].${part.field}`,
          })),
        ),
      ];
    case 'Wait':
      return [...resultsOf(state), ...pick(state, ['Seconds', 'Timestamp'])];
    case 'Pass':
      return resultsOf(state);
    case 'Succeed':
      return pick(state, ['Output']);
    case 'Fail':
      return pick(state, ['Error', 'Cause']);
    case 'Map':
      return [...resultsOf(state), ...handlersOf(state), ...mapTemplates(state)];
  }
}

function mapTemplates(state: MapState): { field: string; value: Json | undefined }[] {
  return [
    ...pick(state, [
      'Items',
      'ItemSelector',
      'MaxConcurrency',
      'ToleratedFailurePercentage',
      'ToleratedFailureCount',
    ]),
    { field: 'ItemReader.Arguments', value: state.ItemReader?.Arguments },
    { field: 'ItemReader.ReaderConfig.MaxItems', value: state.ItemReader?.ReaderConfig.MaxItems },
    { field: 'ItemBatcher.MaxItemsPerBatch', value: state.ItemBatcher?.MaxItemsPerBatch },
    { field: 'ItemBatcher.MaxInputBytesPerBatch', value: state.ItemBatcher?.MaxInputBytesPerBatch },
    { field: 'ItemBatcher.BatchInput', value: state.ItemBatcher?.BatchInput },
    { field: 'ResultWriter.Arguments.Bucket', value: state.ResultWriter?.Arguments.Bucket },
    { field: 'ResultWriter.Arguments.Prefix', value: state.ResultWriter?.Arguments.Prefix },
  ];
}

function resultsOf(state: { Assign?: Json | undefined; Output?: Json | undefined }) {
  return pick(state, ['Assign', 'Output']);
}

function handlersOf(state: { Catch: Catcher[] }) {
  return state.Catch.flatMap((catcher, index) =>
    pick(catcher, ['Assign', 'Output']).map((part) => ({ ...part, field: `Catch[${index}].${part.field}` })),
  );
}

function pick<Field extends string>(from: { [field in Field]?: Json | undefined }, fields: Field[]) {
  return fields.map((field) => ({ field: field as string, value: from[field] }));
}

function walk(value: Json | undefined, field: string, visit: (text: string, field: string) => void): void {
  if (typeof value === 'string') visit(value, field);
  else if (Array.isArray(value))
    for (const [index, item] of value.entries()) walk(item, `${field}[${index}]`, visit);
  else if (isObject(value))
    for (const [key, part] of Object.entries(value)) walk(part, `${field}.${key}`, visit);
}
