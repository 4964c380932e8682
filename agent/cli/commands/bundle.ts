import { AgentError } from '../../../bootstrap/errors.ts';
import type { CliCommand, Invocation } from '../invocation.ts';
import { parseSince } from '../since.ts';

const actions = ['inspect', 'verify'] as const;
type Action = (typeof actions)[number];

export const bundleCommand: CliCommand = {
  name: 'bundle',
  summary: 'collect what support needs into one encrypted file, in any state; or look into one',
  details:
    'Collects what support needs to know about this machine into one file, without secrets and encrypted for support. Works in any state. Ends with status 6 where something could not be collected. bundle inspect FILE and bundle verify FILE look into one.',
  define: command =>
    command
      .argument('[look...]', 'inspect FILE, inspect FILE PATH (prints a file of it), verify FILE')
      .option('-o, --output <file>', 'write it there: a file, a directory, or - for stdout')
      .option('--since <time>', 'logs from then on: a time such as 2026-01-31T08:00:00Z, or 90m, 6h, 2d')
      .option('--recipient <recipient...>', 'encrypt it to these age recipients, instead of bundle.recipients')
      .option('--plaintext', 'do not encrypt it')
      .option('--upload', 'send it to the Controller too')
      .option('--preview', 'only list what would be taken')
      .option('--identity <file>', 'inspect, verify: the age identity to open it with')
      .option('--ca <file>', 'inspect, verify: the CA of the Controller that vouches for the machine'),
  async run(invocation) {
    const action = actionOf(invocation.args);
    refuseForeign(action ?? 'make', invocation.options);
    if (action !== undefined) return look(action, invocation);
    return invocation.options.preview === true ? preview(invocation) : make(invocation);
  },
};

function actionOf([word, , ...rest]: readonly string[]): Action | undefined {
  if (word === undefined) return undefined;
  const action = actions.find(name => name === word);
  const most = action === 'inspect' ? 1 : 0;
  if (action !== undefined && rest.length <= most) return action;
  throw new AgentError('E_USAGE', action === undefined ? `bundle cannot ${word}` : `bundle ${word} takes one file`, {
    wanted: 'bundle inspect FILE, bundle inspect FILE PATH or bundle verify FILE',
    next: 'conjurer bundle --help',
  });
}

async function make(invocation: Invocation): Promise<number> {
  const { json, options, render, signal } = invocation;
  const out = typeof options.output === 'string' ? options.output : null;
  if (out === '-' && json) throw new AgentError('E_USAGE', '-o - writes the bundle where --json writes its object');
  if (out === '-' && options.upload === true) throw new AgentError('E_USAGE', '-o - and --upload exclude each other');
  if (out === '-' && render.terminal) {
    throw new AgentError('E_USAGE', 'a bundle is nothing to look at on a terminal', {
      next: 'conjurer bundle -o - > FILE',
    });
  }
  const { bundleText, bundleObject, bundleProgress } = await import('../bundle-text.ts');
  const { agent } = await invocation.openAgentAnyway();
  const total = (await agent.bundlePreview()).length;
  const progress = bundleProgress(render, total, json || out === '-');
  const result = await agent
    .bundle(
      {
        out,
        since: typeof options.since === 'string' ? parseSince(options.since, new Date()) : null,
        recipients: (options.recipient as readonly string[] | undefined) ?? [],
        plaintext: options.plaintext === true,
        upload: options.upload === true,
        write: render.bytes,
        onEntry: progress.entry,
      },
      signal,
    )
    .finally(progress.end);
  if (json) render.object(bundleObject(result));
  else if (out === '-') render.note(bundleText(result, render.style));
  else render.text(bundleText(result, render.style));
  const isLacking = result.entries.some(({ outcome }) => ['failed', 'timed-out', 'withheld'].includes(outcome));
  return isLacking || result.problem !== null ? 6 : 0;
}

async function preview(invocation: Invocation): Promise<number> {
  const { json, render } = invocation;
  const { previewText, previewObject } = await import('../bundle-text.ts');
  const { agent } = await invocation.openAgentAnyway();
  const collectors = await agent.bundlePreview();
  if (json) render.object(previewObject(collectors));
  else render.text(previewText(collectors));
  return 0;
}

async function look(action: Action, invocation: Invocation): Promise<number> {
  const { args, json, options, render } = invocation;
  const [, file, show = null] = args;
  if (file === undefined) {
    throw new AgentError('E_USAGE', `bundle ${action} needs a file`, { next: `conjurer bundle ${action} FILE` });
  }
  if (show !== null && (action === 'verify' || json)) {
    throw new AgentError('E_USAGE', 'a file of the bundle is printed by bundle inspect, without --json');
  }
  const { lookObject, lookText, requireIntact } = await import('../bundle-look-text.ts');
  const { agent } = await invocation.openAgentAnyway();
  const text = (option: string) => (typeof options[option] === 'string' ? options[option] : null);
  const looked = await agent.openBundle({ file, identityFile: text('identity'), caFile: text('ca'), show });
  if (show !== null) {
    if (looked.opened.wanted === null) {
      throw new AgentError('E_USAGE', `there is no ${show} in it`, { next: `conjurer bundle inspect ${file}` });
    }
    await render.bytes(looked.opened.wanted);
    return 0;
  }
  if (action === 'verify') requireIntact(looked, file);
  if (json) render.object(lookObject(action, looked));
  else render.text(lookText(action, looked, render.style));
  return 0;
}

const flags: Readonly<Record<string, { flag: string; of: readonly (Action | 'make')[] }>> = {
  output: { flag: '--output', of: ['make'] },
  since: { flag: '--since', of: ['make'] },
  recipient: { flag: '--recipient', of: ['make'] },
  plaintext: { flag: '--plaintext', of: ['make'] },
  upload: { flag: '--upload', of: ['make'] },
  preview: { flag: '--preview', of: ['make'] },
  identity: { flag: '--identity', of: actions },
  ca: { flag: '--ca', of: actions },
};

function refuseForeign(action: Action | 'make', options: Invocation['options']): void {
  for (const [option, { flag, of }] of Object.entries(flags)) {
    if (options[option] === undefined || of.includes(action)) continue;
    const where = of.includes('make') ? 'making a bundle' : 'bundle inspect and bundle verify';
    throw new AgentError('E_USAGE', `${flag} goes with ${where}`, { next: 'conjurer bundle --help' });
  }
}
