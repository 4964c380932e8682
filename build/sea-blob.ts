import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, zstdCompressSync } from 'node:zlib';

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
  /** Nearly every command loads it: it lies there as it is, with each of its functions compiled. */
  readonly isEarly: boolean;
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
    if (codeCache) writeCodeCaches(node, folder, pieces);
    copyFileSync(join(import.meta.dirname, 'executable', 'loader.cjs'), join(folder, 'loader.cjs'));
    const files = pieces.flatMap(({ name, isEarly }) => {
      const both = codeCache ? [name, `${name}.cache`] : [name];
      return isEarly ? both : both.map(file => pack(folder, file));
    });
    const settings = {
      main: 'loader.cjs',
      output: 'blob',
      assets: Object.fromEntries(files.sort().map(file => [`./${file}`, file])),
      disableExperimentalSEAWarning: true,
      useCodeCache: codeCache,
      execArgv: NODE_ARGUMENTS,
      execArgvExtension: 'none',
    };
    writeFileSync(join(folder, 'sea.json'), JSON.stringify(settings));
    run(node, [FIXED_SEED, ...NODE_ARGUMENTS, '--experimental-sea-config', 'sea.json'], folder);
    return readFileSync(join(folder, 'blob'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * V8 takes `--random-seed` out of the flags that it compares before it accepts a cache (`--hash-seed` it does not), so the
 * caches made under a fixed one are checked by a process with the executable's flags and no seed.
 */
function writeCodeCaches(node: string, folder: string, pieces: readonly Piece[]): void {
  const program = join(import.meta.dirname, 'code-caches.ts');
  const early = pieces.filter(({ isEarly }) => isEarly).map(({ name }) => name);
  run(node, [FIXED_SEED, ...NODE_ARGUMENTS, program, 'write', folder, ...early], folder);
  run(node, [...NODE_ARGUMENTS, program, 'check', folder], folder);
}

/** FILE.zst beside FILE: together the pieces that few commands load have more than a third of their size then. */
function pack(folder: string, file: string): string {
  const params = { [constants.ZSTD_c_compressionLevel]: 19 };
  writeFileSync(join(folder, `${file}.zst`), zstdCompressSync(readFileSync(join(folder, file)), { params }));
  return `${file}.zst`;
}

function run(node: string, args: readonly string[], cwd: string): void {
  execFileSync(node, args, { cwd, env: {}, stdio: ['ignore', 'ignore', 'pipe'] });
}
