import { commandRules } from './commands.ts';
import { fieldWords } from './fields.ts';
import type { KnownForm } from './known-secrets.ts';
import { rules } from './line.ts';
import type { Literal } from './literal-scan.ts';
import { shapes } from './shapes.ts';

/** Every text that a line must hold for a rule to find anything in it. */
export function literalsOf(known: readonly KnownForm[]): Literal[] {
  return [
    ...fieldWords.map(text => ({ text, ignoreCase: true, rules: rules.field })),
    ...[
      '://',
      ':\\/',
      ':\\\\',
      '%3a%2f%2f',
      '@tcp(',
      '@unix(',
      '@udp(',
      'sig=',
      'signature=',
      'code=',
      'key=',
      'amz-',
    ].map(text => ({
      text,
      ignoreCase: true,
      rules: rules.url,
    })),
    ...shapes.map(({ anchor, ignoreCase }) => ({ text: anchor, ignoreCase: ignoreCase ?? false, rules: rules.shape })),
    ...['-BEGIN ', '- BEGIN ', '-END ', 'Private-Lines:'].map(text => ({
      text,
      ignoreCase: false,
      rules: rules.material,
    })),
    ...commandRules.map(({ word }) => ({ text: word, ignoreCase: true, rules: rules.command })),
    { text: 'Secret', ignoreCase: false, rules: rules.object },
    ...known.map(({ form }) => ({ text: form, ignoreCase: false, rules: rules.known })),
  ];
}
