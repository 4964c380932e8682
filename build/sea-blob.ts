import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Node's own settings inside the executable. Nobody can add to them: not by NODE_OPTIONS, not on the command line. */
const NODE_ARGUMENTS = [
  // OPENSSL_CONF and the machine's openssl.cnf can load code into the program and change its TLS.
  '--openssl-config=/dev/null',
  // Else `kill -USR1` opens a debugger port.
  '--disable-sigusr1',
  '--disable-warning=ExperimentalWarning',
];

/**
 * The blob that Node runs at start: the bundle, its code cache, Node's settings. The same bytes each time: without a
 * fixed seed the cache holds the hashes of strings under a random one. (V8 takes `--random-seed` out of the flags that it
 * compares before it accepts a cache, `--hash-seed` not.)
 *
 * @param node path of the Node that runs here; the cache fits that version and architecture only
 */
export function makeBlob(node: string, code: Buffer, codeCache: boolean): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'conjurer-blob-'));
  try {
    writeFileSync(join(folder, 'conjurer.cjs'), code);
    writeFileSync(
      join(folder, 'sea.json'),
      JSON.stringify({
        main: 'conjurer.cjs',
        output: 'blob',
        disableExperimentalSEAWarning: true,
        useCodeCache: codeCache,
        execArgv: NODE_ARGUMENTS,
        execArgvExtension: 'none',
      }),
    );
    execFileSync(node, ['--random-seed=1', '--experimental-sea-config', 'sea.json'], {
      cwd: folder,
      env: {},
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return readFileSync(join(folder, 'blob'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
