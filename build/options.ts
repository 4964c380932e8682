import { parseArgs } from 'node:util';

export interface Options {
  /** Only the architecture of this machine. */
  readonly hostOnly: boolean;
  /** Build twice in two places, and compare every byte. */
  readonly verify: boolean;
  /** Write the digests of the Node versions that package.json asks for to build/node-pins.json. */
  readonly repin: boolean;
  /** For a source tree without git: what `--version` shall say. */
  readonly commit: string | undefined;
  /** RFC 3339, UTC. */
  readonly builtAt: string | undefined;
}

export const USAGE = `usage: npm run build [-- options]
  --host-only        only the architecture of this machine
  --verify           build twice in two places and compare every byte
  --repin            after an upgrade of Node: write build/node-pins.json
  --commit NAME      for a tree without git: the commit that --version shows
  --built-at TIME    and its time, as 2026-01-31T08:00:00Z`;

/** Throws with the usage where an option is unknown. */
export function parseOptions(argv: readonly string[]): Options {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        'host-only': { type: 'boolean', default: false },
        verify: { type: 'boolean', default: false },
        repin: { type: 'boolean', default: false },
        commit: { type: 'string' },
        'built-at': { type: 'string' },
      },
    });
    return {
      hostOnly: values['host-only'],
      verify: values.verify,
      repin: values.repin,
      commit: values.commit,
      builtAt: values['built-at'],
    };
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}
