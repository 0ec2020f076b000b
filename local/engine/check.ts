import { checkExpressions } from './check-expressions.ts';
import type { Catcher, MapState, Retrier, State, StateGroup, TaskState } from './definition.ts';
import { isObject, type Json } from './json.ts';
import { argumentProblems } from './resources.ts';

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
    if (state.Type === 'Task') checkTask(state, place, check);
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
    // A child does not see them, and must not assign their names for all that: AWS's rule makes no exception of it.
    outerAssigned: assigned,
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

function checkTask(state: TaskState, place: string, check: GroupCheck): void {
  if (!check.resources.has(state.Resource)) {
    check.problems.push(`${place}.Resource: ${state.Resource} is not supported`);
  } else if (isObject(state.Arguments)) {
    for (const problem of argumentProblems(state.Resource, state.Arguments))
      check.problems.push(`${place}.Arguments${problem}`);
  }
}
