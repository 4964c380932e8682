import { isBuiltin } from 'node:module';
import { basename } from 'node:path';
import { build, type Message, type Metafile, type Plugin, transform } from 'esbuild';
import { type BundledPackage, listPackages } from './packages.ts';
import type { Piece } from './sea-blob.ts';
import type { Stamp } from './stamp.ts';
import { readTrustKeys } from './trust-keys.ts';

export interface Bundle {
  /** All of the agent; they need each other, and Node's own modules. */
  readonly pieces: readonly Piece[];
  readonly packages: readonly BundledPackage[];
}

export const ENTRY = 'build/executable/entry.ts';

/** What nearly every command imports lazily, and the validation of an image, which is measured beside other programs. */
const EARLY = [
  'agent/plain-schemas.ts',
  'agent/cli/session.ts',
  'agent/begin-validation.ts',
  'agent/validate.ts',
  'bootstrap/host/local-host.ts',
  'bootstrap/components/validate.ts',
  'bootstrap/components/binary.ts',
  'bootstrap/components/oci-archive.ts',
];

/** Optional modules that a package asks for inside a `try`, and that no Linux has: asking for them throws, at once. */
const NEVER_THERE = ['osx-temperature-sensor', 'macos-temperature-sensor'];

/** A stack trace from the field must be readable: names stay. Node reads all white space and prints the line that threw. */
const SHAPE = {
  platform: 'node',
  target: 'node24',
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: 160,
  legalComments: 'none',
  logLevel: 'silent',
} as const;

/**
 * Bundles the agent, cut where it imports lazily. Throws on every warning of esbuild (a warning here is a fault at run
 * time), and where the bundle would load anything from outside.
 */
export async function makeBundle(root: string, stamp: Stamp, entry: string = ENTRY): Promise<Bundle> {
  const { outputFiles, metafile } = await orExplain(
    build({
      ...SHAPE,
      absWorkingDir: root,
      entryPoints: { entry },
      outdir: 'bundle',
      bundle: true,
      splitting: true,
      format: 'esm',
      write: false,
      metafile: true,
      mainFields: ['module', 'main'],
      supported: { 'import-meta': false, 'top-level-await': false },
      define: {
        CONJURER_STAMP: JSON.stringify(stamp),
        CONJURER_TRUST_KEYS: JSON.stringify(readTrustKeys(root)),
      },
      plugins: [refuseModules(NEVER_THERE)],
    }),
  );
  requireSelfContained(metafile);
  const common = listCommonJs(metafile);
  const early = listEarly(metafile, entry);
  const pieces = await Promise.all(
    outputFiles.map(async ({ path, text }) => {
      const name = basename(path);
      return { name, code: await toCode(name, text, common.has(name)), isEarly: early.has(name) };
    }),
  );
  return { pieces: pieces.sort((a, b) => (a.name < b.name ? -1 : 1)), packages: listPackages(root, metafile) };
}

/** The pieces that are a lazily imported CommonJS module: esbuild lets them export `default` alone. */
function listCommonJs({ inputs, outputs }: Metafile): Set<string> {
  return new Set(
    Object.entries(outputs)
      .filter(([, { entryPoint }]) => entryPoint !== undefined && inputs[entryPoint]?.format === 'cjs')
      .map(([path]) => basename(path)),
  );
}

/** The pieces that are loaded with the entry and with those of EARLY. Throws where one of these is no longer a piece. */
function listEarly({ outputs }: Metafile, entry: string): Set<string> {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    for (const { path: imported, kind } of outputs[path]?.imports ?? []) {
      if (kind === 'import-statement' && imported in outputs) visit(imported);
    }
  };
  for (const path of Object.keys(outputs)) if (basename(path) === 'entry.js') visit(path);
  for (const begin of entry === ENTRY ? EARLY : []) {
    const path = Object.keys(outputs).find(one => outputs[one]?.entryPoint === begin);
    if (path === undefined) throw new Error(`${begin} is imported lazily nowhere: take it out of EARLY`);
    visit(path);
  }
  return new Set([...found].map(path => basename(path)));
}

/** What Node shows an `import()` of a CommonJS module: each property by its name, and the whole as `default`. */
const NAMESPACE = `{const whole=module.exports.default,space=Object.defineProperty({default:whole},'__esModule',{value:true});
for(const name of Object.keys(whole))if(!(name in space))Object.defineProperty(space,name,{get:()=>whole[name],enumerable:true});
module.exports=space}`;

/** esbuild cuts ES modules only, and the executable runs CommonJS only. Lazy imports become lazy requires. */
async function toCode(name: string, text: string, commonJs: boolean): Promise<Buffer> {
  const { code } = await orExplain(
    transform(text, { ...SHAPE, sourcefile: name, format: 'cjs', supported: { 'dynamic-import': false } }),
  );
  return Buffer.from(`(function(exports,require,module){${code}${commonJs ? NAMESPACE : ''}\n})`);
}

async function orExplain<Result extends { warnings: Message[] }>(result: Promise<Result>): Promise<Result> {
  const done = await result.catch((failure: { errors?: Message[] }) => {
    if (failure.errors === undefined) throw failure;
    return { failed: failure.errors };
  });
  const messages = 'failed' in done ? done.failed : done.warnings;
  if ('failed' in done || messages.length > 0) {
    throw new Error(`the bundle cannot be made:\n  ${messages.map(describe).join('\n  ')}`);
  }
  return done;
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
