import jsonata from 'jsonata';

/** What one expression refers to. */
export interface References {
  /** Variables and functions that the expression does not bind itself, without the `$`. */
  free: Set<string>;
  /** Fields of `$states` that it reads: `input`, `result`, `errorOutput`, `context`. */
  states: Set<string>;
}

/** A node of JSONata's syntax tree, of which only the shape below is relied upon. */
type Node = { readonly [key: string]: unknown };

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * The references of a JSONata expression. Throws what JSONata throws for an expression that does not parse. Names that
 * the expression binds anywhere count as bound everywhere in it, which errs towards accepting.
 */
export function referencesOf(expression: string): References {
  const used = new Set<string>();
  const bound = new Set<string>();
  const states = new Set<string>();
  visit(jsonata(expression).ast());
  return { free: new Set([...used].filter((name) => !bound.has(name))), states };

  function visit(value: unknown): void {
    if (Array.isArray(value)) {
      value.forEach(visit);
      return;
    }
    if (!isNode(value)) return;
    if (value.type === 'variable' && typeof value.value === 'string') used.add(value.value);
    if (value.type === 'bind') noteNames([value.lhs]);
    if (value.type === 'lambda') noteNames(value.arguments);
    for (const key of ['focus', 'index']) if (typeof value[key] === 'string') bound.add(value[key]);
    if (value.type === 'path') noteStatesField(value.steps);
    for (const [key, child] of Object.entries(value)) if (key !== 'environment') visit(child);
  }

  function noteNames(nodes: unknown): void {
    for (const node of Array.isArray(nodes) ? nodes : []) {
      if (isNode(node) && typeof node.value === 'string') bound.add(node.value);
    }
  }

  function noteStatesField(steps: unknown): void {
    if (!Array.isArray(steps)) return;
    const [root, field]: unknown[] = steps;
    if (!isNode(root) || root.type !== 'variable' || root.value !== 'states') return;
    if (isNode(field) && typeof field.value === 'string') states.add(field.value);
  }
}
