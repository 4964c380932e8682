import { createFinalScan } from './final-scan.ts';
import { formsOf, type KnownForm } from './known-secrets.ts';
import { createLiteralScan } from './literal-scan.ts';
import { literalsOf } from './literals.ts';
import { createMark } from './marks.ts';
import { createPseudonyms } from './pseudonyms.ts';
import { redactKeyed } from './redact-value.ts';
import type { Redactions, Redactor, RedactorOptions } from './redactor.ts';
import { redactText, type TextRules } from './text-file.ts';

/** Builds its tables when they are first needed, and again after addSecret(). */
export function createRedactor({ salt, knownSecrets = [], privacy = false }: RedactorOptions): Redactor {
  const mark = createMark(salt);
  const between = privacy ? createPseudonyms(salt) : null;
  const secrets = new Map<string, Buffer>();
  let built: TextRules | null = null;

  const addSecret = (secret: string | Uint8Array): void => {
    const bytes = Buffer.from(secret);
    const id = bytes.toString('latin1');
    if (bytes.length < leastBytes || secrets.has(id)) return;
    secrets.set(id, bytes);
    built = null;
  };

  const textRules = (): TextRules => {
    if (built !== null) return built;
    const forms = longestFirst([...secrets.values()].flatMap(formsOf));
    built = { scan: createLiteralScan(literalsOf(forms)), forms, mark, between };
    return built;
  };

  const text = (value: string): { text: string; redactions: Redactions } => {
    const file = redactText(textRules());
    const first = file.push(Buffer.from(value));
    const { rest, redactions } = file.end();
    if (Object.keys(redactions).length === 0 && between === null) return { text: value, redactions };
    return { text: Buffer.concat([first, rest]).toString(), redactions };
  };

  for (const secret of knownSecrets) addSecret(secret);
  const redact = (value: string) => text(value).text;
  return {
    addSecret,
    text,
    redact,
    redactValue: value => redactKeyed(value, remembering(redact), mark),
    file: () => redactText(textRules()),
    finalScan: () => createFinalScan([...secrets.values()]),
  };
}

const leastBytes = 4;

/** The same keys and words come again and again within a value. */
function remembering(redact: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>();
  return text => {
    const clean = known.get(text) ?? redact(text);
    known.set(text, clean);
    return clean;
  };
}

function longestFirst(forms: readonly KnownForm[]): KnownForm[] {
  return forms.toSorted((a, b) => b.form.length - a.form.length);
}
