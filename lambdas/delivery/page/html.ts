/** Text that is HTML already. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template: HTML as it is, all else as text. Nothing is left of `undefined`. */
export type Content = Html | string | number | undefined | readonly Content[];

/** HTML with everything that stands in it escaped, unless it is `Html` itself. */
export function html(literals: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return new Html(
    literals.reduce((text, literal, index) => `${text}${rendered(contents[index - 1])}${literal}`),
  );
}

function rendered(content: Content): string {
  if (content === undefined) return '';
  if (content instanceof Html) return content.text;
  if (typeof content === 'string' || typeof content === 'number') return escaped(String(content));
  return content.map(rendered).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (letter) => ENTITIES[letter] ?? letter);
}
