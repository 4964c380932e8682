import { commands } from './program.ts';

/** Makes of a hint, as in "correct it, then: conjurer run", one that can be typed as it stands. */
export type Hint = (text: string) => string;

/** A command that was given `--root` hints at commands with it: without it they would act on `/`. */
export function createHint(argv: readonly string[]): Hint {
  const root = rootIn(argv);
  if (root === null) return text => text;
  return text => text.replace(command, () => `conjurer --root ${shellWord(root)} `);
}

const command = new RegExp(`\\bconjurer (?=(?:${commands.map(({ name }) => name).join('|')})\\b)`, 'g');

/** The last one counts. */
function rootIn(argv: readonly string[]): string | null {
  return argv.reduce<string | null>((root, argument, at) => {
    if (argument.startsWith('--root=')) return argument.slice('--root='.length);
    return argument === '--root' ? (argv[at + 1] ?? null) : root;
  }, null);
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
