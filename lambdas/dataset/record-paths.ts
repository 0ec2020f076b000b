import { lakeMapping, type Mapping } from '../model/mapping.ts';
import { kindOf, type Problem, Refusal } from '../model/refusal.ts';
import { keysOf } from '../model/source-path.ts';

/** What the mapping says of a place in a record: a column, a value that goes nowhere, or what lies below. */
export interface PathNode {
  /** Position of the column in the lake's mapping. */
  column?: number;
  dropped?: boolean;
  below: Map<string, PathNode>;
}

/**
 * The mapping's paths as a tree. Throws `Refusal` where one path leads through the value of another: what is dropped or hashed at the
 * one could be read at the other.
 */
export function pathTree(mapping: Mapping): PathNode {
  const problems = overlappingPaths(mapping);
  if (problems.length > 0) throw new Refusal(`The mapping ${mapping.name}`, problems);
  const root: PathNode = { below: new Map() };
  const { columns } = lakeMapping(mapping);
  for (const mapped of mapping.columns) {
    const column = columns.indexOf(mapped);
    for (const path of [mapped.source, ...mapped.aliases]) {
      const node = keysOf(path).reduce(belowOf, root);
      if (column < 0) node.dropped = true;
      else node.column = column;
    }
  }
  return root;
}

function belowOf({ below }: PathNode, key: string): PathNode {
  const known = below.get(key);
  if (known !== undefined) return known;
  const made: PathNode = { below: new Map() };
  below.set(key, made);
  return made;
}

/** Paths of a mapping that lead through another one's value. */
export function overlappingPaths(mapping: Mapping): Problem[] {
  const paths = mapping.columns.flatMap(({ source, aliases }, index) =>
    [source, ...aliases].map((path) => ({ index, path, keys: keysOf(path) })),
  );
  return paths.flatMap(({ index, path, keys }) => {
    const outer = paths.find(
      (other) => other.keys.length < keys.length && other.keys.every((key, level) => key === keys[level]),
    );
    if (outer === undefined) return [];
    return [
      {
        path: `columns[${index}].source`,
        found: kindOf(path),
        expected: `must not lead through the value of column ${outer.index}`,
      },
    ];
  });
}
