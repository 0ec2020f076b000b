/** A column of a table: its heading, and whether it holds numbers, which are aligned to the right. */
export interface TableColumn {
  heading: string;
  numbers?: boolean;
}

/** A table of text: a line of headings, a line a row, columns two spaces apart, no trailing spaces. */
export function textTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string[] {
  const written = [columns.map(({ heading }) => heading), ...rows.map((row) => row.map(onOneLine))];
  const widths = columns.map((_, index) => Math.max(...written.map((row) => widthOf(row[index] ?? ''))));
  return written.map((row) =>
    columns
      .map(({ numbers = false }, index) => {
        const cell = row[index] ?? '';
        const space = ' '.repeat((widths[index] ?? 0) - widthOf(cell));
        return numbers ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

function widthOf(text: string): number {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : [...graphemes.segment(text)].length;
}

/** Control characters would break the table, or drive the terminal. */
function onOneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}
