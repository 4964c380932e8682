import { isBuiltin } from 'node:module';
import { build, type Message, type Metafile, type Plugin } from 'esbuild';
import { type BundledPackage, listPackages } from './packages.ts';
import type { Stamp } from './stamp.ts';

export interface Bundle {
  /** One CommonJS file that needs nothing but Node's own modules. */
  readonly code: Buffer;
  readonly packages: readonly BundledPackage[];
}

export const ENTRY = 'build/executable/entry.ts';

/** Optional modules that a package asks for inside a `try`, and that no Linux has: asking for them throws, at once. */
const NEVER_THERE = ['osx-temperature-sensor', 'macos-temperature-sensor'];

/**
 * Bundles the agent. Every name is kept, so that a stack trace from the field can be read; white space is not, since Node
 * reads all of it at each start, and lines are short, since Node prints the one that threw. Dynamic imports stay lazy: the module is in the bundle and runs when it is first asked for. Throws on every warning of esbuild (a warning
 * here is a fault at run time), and where the bundle would load anything from outside.
 */
export async function makeBundle(root: string, stamp: Stamp, entry: string = ENTRY): Promise<Bundle> {
  const { outputFiles, metafile, errors, warnings } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    outfile: 'conjurer.cjs',
    platform: 'node',
    format: 'cjs',
    target: 'node24',
    mainFields: ['module', 'main'],
    minifySyntax: true,
    minifyWhitespace: true,
    lineLimit: 160,
    legalComments: 'none',
    logLevel: 'silent',
    // A built-in module that is imported lazily is required lazily: import() does not work in an executable with a code cache.
    supported: { 'dynamic-import': false },
    define: { CONJURER_STAMP: JSON.stringify(stamp) },
    plugins: [refuseModules(NEVER_THERE)],
  }).catch((failure: { errors?: Message[]; warnings?: Message[] }) => {
    if (failure.errors === undefined) throw failure;
    return { outputFiles: [], metafile: undefined, errors: failure.errors, warnings: failure.warnings ?? [] };
  });
  const [first, ...rest] = [...errors, ...warnings].map(describe);
  if (first !== undefined) throw new Error(`the bundle cannot be made:\n  ${[first, ...rest].join('\n  ')}`);
  const code = outputFiles?.[0]?.contents;
  if (code === undefined || metafile === undefined) throw new Error('esbuild made no file');
  requireSelfContained(metafile);
  return { code: Buffer.from(code), packages: listPackages(root, metafile) };
}

function refuseModules(names: readonly string[]): Plugin {
  return {
    name: 'never-there',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: new RegExp(`^(${names.join('|')})$`) }, ({ path }) => ({ path, namespace: 'never-there' }));
      onLoad({ filter: /.*/, namespace: 'never-there' }, ({ path }) => ({
        contents: `throw new Error(${JSON.stringify(`${path} is not part of conjurer`)});`,
      }));
    },
  };
}

/** What esbuild marks external is looked up on the machine at run time, so it may be Node's own only. */
function requireSelfContained(metafile: Metafile): void {
  const outside = Object.values(metafile.outputs)
    .flatMap(output => output.imports)
    .filter(imported => imported.external === true && !isBuiltin(imported.path));
  for (const { path } of outside) {
    const importers = Object.entries(metafile.inputs)
      .filter(([, input]) => input.imports.some(i => i.path === path))
      .map(([file]) => file);
    throw new Error(
      `${path} is not in the bundle (imported by ${importers.join(', ')}): the binary would look for it on the machine`,
    );
  }
}

function describe({ text, location }: Message): string {
  return location === null ? text : `${location.file}:${location.line}:${location.column}: ${text}`;
}
