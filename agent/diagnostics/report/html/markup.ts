/** HTML that is safe to ship: made by `html` only, which escapes whatever is put into it. */
export class Markup {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

type Part = Markup | string | number | null | readonly Part[];

/**
 * A piece of a page. Whatever is put in is text and cannot become markup, in an element and in a quoted attribute alike;
 * only Markup stays as it is. null is nothing. An attribute must stand in double quotes in the template.
 */
export function html(pieces: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(pieces.reduce((page, piece, at) => page + rendered(parts[at - 1] ?? null) + piece));
}

function rendered(part: Part): string {
  if (part === null) return '';
  if (part instanceof Markup) return part.source;
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part));
  return part.map(rendered).join('');
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"'`]/g, character => escapes[character] ?? '');
}
