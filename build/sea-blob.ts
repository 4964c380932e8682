import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Node's own settings inside the executable. Nobody can add to them: not by NODE_OPTIONS, not on the command line. */
const NODE_ARGUMENTS = [
  // OPENSSL_CONF and the machine's openssl.cnf can load code into the program and change its TLS.
  '--openssl-config=/dev/null',
  // Else `kill -USR1` opens a debugger port.
  '--disable-sigusr1',
  '--disable-warning=ExperimentalWarning',
  // What a Buffer holds lies outside of the heap and is freed when the young part of that is tidied up: a small one, often.
  // Else as much as is read lies in memory twice.
  '--max-semi-space-size=1',
];

/** Without a fixed seed a code cache holds string hashes under a random one, and differs each time. */
const FIXED_SEED = '--random-seed=1';

/** A piece of the bundle: a function expression, called with exports, require and module. */
export interface Piece {
  /** `entry.js` runs first; the others are required as `./NAME`. */
  readonly name: string;
  readonly code: Buffer;
}

/**
 * The blob that Node runs at start: the loader, the pieces of the bundle, their code caches, Node's settings. The same
 * bytes each time.
 *
 * @param node path of the Node that runs here; a code cache fits that version and architecture only
 */
export function makeBlob(node: string, pieces: readonly Piece[], codeCache: boolean): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'conjurer-blob-'));
  try {
    for (const { name, code } of pieces) writeFileSync(join(folder, name), code);
    if (codeCache) writeCodeCaches(node, folder);
    copyFileSync(join(import.meta.dirname, 'executable', 'loader.cjs'), join(folder, 'loader.cjs'));
    const files = pieces.flatMap(({ name }) => (codeCache ? [name, `${name}.cache`] : [name])).sort();
    const settings = {
      main: 'loader.cjs',
      output: 'blob',
      assets: Object.fromEntries(files.map(file => [`./${file}`, file])),
      disableExperimentalSEAWarning: true,
      useCodeCache: codeCache,
      execArgv: NODE_ARGUMENTS,
      execArgvExtension: 'none',
    };
    writeFileSync(join(folder, 'sea.json'), JSON.stringify(settings));
    run(node, [FIXED_SEED, '--experimental-sea-config', 'sea.json'], folder);
    return readFileSync(join(folder, 'blob'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * V8 takes `--random-seed` out of the flags that it compares before it accepts a cache (`--hash-seed` it does not), so the
 * caches made under a fixed one are checked by a process with the executable's flags and no seed.
 */
function writeCodeCaches(node: string, folder: string): void {
  const program = join(import.meta.dirname, 'code-caches.ts');
  run(node, [FIXED_SEED, ...NODE_ARGUMENTS, program, 'write', folder], folder);
  run(node, [...NODE_ARGUMENTS, program, 'check', folder], folder);
}

function run(node: string, args: readonly string[], cwd: string): void {
  execFileSync(node, args, { cwd, env: {}, stdio: ['ignore', 'ignore', 'pipe'] });
}
