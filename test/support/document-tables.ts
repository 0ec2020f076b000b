import { readFileSync } from 'node:fs';

/** A row of a table by the headings of its columns, without the marks of code. */
export type TableRow = Readonly<Record<string, string>>;

/** The first table under a heading of a document in `docs/`. Throws where there is none. */
export function tableUnder(document: string, heading: string): TableRow[] {
  const text = readFileSync(new URL(`../../docs/${document}`, import.meta.url), 'utf8');
  const section = text.split(/^#+ /m).find((part) => part.startsWith(`${heading}\n`));
  const lines =
    section
      ?.match(/(^\|.*\n)+/m)?.[0]
      .trimEnd()
      .split('\n') ?? [];
  const [names, , ...rows] = lines.map(cellsOf);
  if (names === undefined) throw new Error(`${document} has no table under "${heading}".`);
  return rows.map((cells) => Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ''])));
}

/** A number of a table: `1,230.5`; 0 for a dash. */
export function numberIn(cell: string | undefined): number {
  const number = cell === '–' ? 0 : Number(cell?.replaceAll(',', ''));
  if (cell === undefined || cell === '' || Number.isNaN(number)) throw new Error(`"${cell}" is no number.`);
  return number;
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split('|')
    .map((cell) => cell.replaceAll('`', '').trim());
}
