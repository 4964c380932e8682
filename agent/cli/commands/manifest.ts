import { Argument } from 'commander';
import { AgentError } from '../../../bootstrap/errors.ts';
import type { Agent, ManifestSummary } from '../../agent.ts';
import type { CliCommand, Invocation } from '../invocation.ts';
import { manifestText } from '../manifest-text.ts';

const actions = ['create', 'sign', 'verify'] as const;
type Action = (typeof actions)[number];

export const manifestCommand: CliCommand = {
  name: 'manifest',
  summary: "the image builder's side of validate: make, sign, check the component manifest",
  define: command =>
    command
      .addArgument(new Argument('<action>', 'what to do with the manifest of the image in --root').choices(actions))
      .option('--spec <file>', 'create: the declaration of the components (components.yaml)')
      .option('--build-id <id>', 'create: the id of this build, over the one in the spec')
      .option('--built-at <time>', 'create: its time, as 2026-01-31T08:00:00Z, over the one in the spec')
      .option('--manifest <file>', 'create, sign: another file than usr/share/conjurer/manifest.json in --root')
      .option('--key <file>', 'sign: the Ed25519 private key, PEM, mode 0600')
      .option('--public-key <file>', 'verify: a key that is trusted too, beside those built in and in the image'),
  async run(invocation) {
    const action = invocation.args[0] as Action;
    refuseForeign(action, invocation.options);
    const { json, render } = invocation;
    const { agent } = await invocation.openAgentAnyway();
    const summary = await run[action](agent, invocation);
    if (json) render.object({ schema: 'conjurer.manifest-summary/v1', action, ...summary });
    else render.text(manifestText(action, summary));
    return 0;
  },
};

const run: Record<Action, (agent: Agent, invocation: Invocation) => Promise<ManifestSummary>> = {
  create: (agent, { options, signal }) =>
    agent.createManifest(
      {
        specFile: required(options, 'spec', '--spec'),
        buildId: text(options, 'buildId'),
        builtAt: text(options, 'builtAt'),
        outFile: text(options, 'manifest'),
      },
      signal,
    ),
  sign: (agent, { options }) =>
    agent.signManifest({ keyFile: required(options, 'key', '--key'), manifestFile: text(options, 'manifest') }),
  verify: (agent, { options }) => agent.verifyManifest({ keyFile: text(options, 'publicKey') }),
};

const flags: Readonly<Record<string, { flag: string; of: readonly Action[] }>> = {
  spec: { flag: '--spec', of: ['create'] },
  buildId: { flag: '--build-id', of: ['create'] },
  builtAt: { flag: '--built-at', of: ['create'] },
  manifest: { flag: '--manifest', of: ['create', 'sign'] },
  key: { flag: '--key', of: ['sign'] },
  publicKey: { flag: '--public-key', of: ['verify'] },
};

function refuseForeign(action: Action, options: Invocation['options']): void {
  for (const [option, { flag, of }] of Object.entries(flags)) {
    if (options[option] === undefined || of.includes(action)) continue;
    throw new AgentError('E_USAGE', `${flag} goes with manifest ${of.join(' and ')}, not with ${action}`);
  }
}

function required(options: Invocation['options'], option: string, flag: string): string {
  const value = text(options, option);
  if (value !== null) return value;
  throw new AgentError('E_USAGE', `${flag} is missing`, { next: 'conjurer manifest --help' });
}

function text(options: Invocation['options'], option: string): string | null {
  const value = options[option];
  return typeof value === 'string' ? value : null;
}
