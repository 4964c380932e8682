import { styleText } from 'node:util';

/** Colour of a text, or the text as it is where there is none. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  warning(text: string): string;
  bad(text: string): string;
}

/** Colour on a terminal, unless NO_COLOR is set to anything, TERM is dumb, or --no-color was given. */
export function wantsColor(
  terminal: boolean,
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  return terminal && !argv.includes('--no-color') && !environment.NO_COLOR && environment.TERM !== 'dumb';
}

export function createStyle(color: boolean): Style {
  const painted =
    (format: Parameters<typeof styleText>[0]) =>
    (text: string): string =>
      color ? styleText(format, text, { validateStream: false }) : text;
  return {
    bold: painted('bold'),
    dim: painted('dim'),
    good: painted('green'),
    warning: painted('yellow'),
    bad: painted('red'),
  };
}
