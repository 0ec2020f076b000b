import { type Content, Html, html } from './html.ts';
import { STYLE } from './style.ts';

/** A column of a table. */
export interface Column {
  heading: string;
  /** Aligned to the right, digits of one width. */
  numbers?: boolean;
  /** Sentences: may be broken over lines. */
  words?: boolean;
}

/** A whole page: one file that asks for nothing, neither script nor picture. */
export function page(title: string, body: readonly Html[]): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body.map(
  (part) => html`${part}
`,
)}</main>
</body>
</html>
`.text;
}

/** A table that scrolls by itself where it is wider than the screen. The first cell of a row names it. */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly Content[])[],
): Html {
  const heads = columns.map(
    ({ heading, numbers }) => html`<th scope="col"${numberClass(numbers)}>${heading}</th>`,
  );
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table><caption>${caption}</caption>
<thead><tr>${heads}</tr></thead>
<tbody>
${rows.map(
  (cells) => html`<tr>${cells.map((cell, index) => cellOf(cell, columns[index], index === 0))}</tr>
`,
)}</tbody></table></div>`;
}

function cellOf(content: Content, column: Column | undefined, first: boolean): Html {
  if (first) return html`<th scope="row">${content}</th>`;
  if (column?.words) return html`<td class="words">${content}</td>`;
  return html`<td${numberClass(column?.numbers)}>${content}</td>`;
}

function numberClass(numbers: boolean | undefined): Html {
  return new Html(numbers ? ' class="number"' : '');
}

/** Facts by their names, as cards. */
export function facts(entries: readonly (readonly [string, Content])[]): Html {
  return html`<dl class="facts">${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
