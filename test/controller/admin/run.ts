import { parseArgs } from 'node:util';
import { ZodError } from 'zod';
import { AdminRefusal, type AdminTarget, connectAdmin } from './client.ts';
import { commands } from './commands.ts';
import { readTarget } from './files.ts';
import { type AdminConsole, UsageError } from './session.ts';
import { watchEvents } from './watch.ts';

const FLAGS = {
  data: { type: 'string', default: '.cache/controller' },
  url: { type: 'string', multiple: true },
  out: { type: 'string' },
  cluster: { type: 'string' },
  node: { type: 'string' },
  edge: { type: 'string' },
  reason: { type: 'string' },
  fingerprint: { type: 'string' },
  quota: { type: 'string' },
  'min-image': { type: 'string' },
  block: { type: 'string', multiple: true },
  'auto-approve': { type: 'boolean' },
  yes: { type: 'boolean' },
  count: { type: 'string' },
  path: { type: 'string' },
  method: { type: 'string' },
  probability: { type: 'string' },
  set: { type: 'string', multiple: true },
} as const;

/** One command of the admin client, from its words on. Returns the exit status: 0, 1 refused or failed, 2 usage. */
export async function runAdmin(words: readonly string[], console: AdminConsole): Promise<number> {
  let target: AdminTarget | null = null;
  try {
    const { values, positionals } = parseArgs({ args: [...words], options: FLAGS, allowPositionals: true });
    const [first = '', second = ''] = positionals;
    if (first === '' || first === 'help') {
      console.print(usage());
      return first === '' ? 2 : 0;
    }
    const two = `${first} ${second}`;
    const [name, rest] = commands[two] ? [two, positionals.slice(2)] : [first, positionals.slice(1)];
    const command = commands[name];
    if (!command && name !== 'watch') throw new UsageError(`${name} is not a command; try: help`);
    target = readTarget(values.data);
    if (!command) return await watch(target, console);
    const admin = connectAdmin(target);
    try {
      await command.run({ ...console, admin, words: rest, flags: values });
    } finally {
      await admin.close();
    }
    return 0;
  } catch (error) {
    console.note(reason(error, target));
    return isUsageMistake(error) ? 2 : 1;
  }
}

async function watch(target: AdminTarget, { print }: AdminConsole): Promise<number> {
  for await (const { kind, data } of watchEvents(target)) print(`${kind}  ${data}`);
  return 0;
}

function isUsageMistake(error: unknown): boolean {
  return error instanceof UsageError || (error instanceof TypeError && 'code' in error);
}

function reason(error: unknown, target: AdminTarget | null): string {
  if (error instanceof ZodError) {
    return error.issues.map(({ path, message }) => `${path.map(String).join('.')}: ${message}`).join('\n');
  }
  if (error instanceof AdminRefusal) {
    const { code } = error.problem;
    const hint = code === 'admin_token_wrong' ? '\nthe token in --data is not that of the Controller that answers' : '';
    return `${code}: ${error.message}${hint}`;
  }
  if (!(error instanceof Error)) return String(error);
  if (
    'code' in error &&
    typeof error.code === 'string' &&
    target &&
    /^(ECONN|UND_ERR|ETIMEDOUT|EHOST)/.test(error.code)
  ) {
    return `the Controller at ${target.url} does not answer (${error.code}); start it with: npm run controller`;
  }
  return error.message;
}

function usage(): string {
  const rows = Object.values(commands).map(({ usage: line, about }) => `  ${line}\n      ${about}\n`);
  return `usage: npm run controller:admin -- [--data DIR] COMMAND
--data is the folder of the Controller (.cache/controller)
${rows.join('')}  watch
      every change as it happens`;
}
