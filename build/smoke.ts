import { spawnSync } from 'node:child_process';
import type { Stamp } from './stamp.ts';

/** What would change a Node: the binary must answer as if none were set. */
const HOSTILE = {
  NODE_OPTIONS: '--this-option-does-not-exist',
  NODE_EXTRA_CA_CERTS: '/nonexistent/ca.pem',
  NODE_TLS_REJECT_UNAUTHORIZED: '0',
};

/** Runs the binary from another directory with an empty and with a hostile environment. Throws where it does not answer rightly. */
export function smokeTest(binary: string, stamp: Stamp): void {
  for (const env of [{}, HOSTILE]) {
    const { status, signal, stdout, stderr, error } = spawnSync(binary, ['--version', '--json'], {
      cwd: '/',
      env,
      encoding: 'utf8',
      timeout: 60_000,
    });
    const seen = `${binary} --version --json with ${Object.keys(env).join(', ') || 'an empty environment'}`;
    if (error !== undefined || status !== 0) {
      throw new Error(`${seen} ended with ${error?.message ?? status ?? signal}: ${stderr || stdout}`);
    }
    if (stderr !== '') throw new Error(`${seen} wrote to stderr: ${stderr}`);
    const said = JSON.parse(stdout) as Partial<Stamp>;
    if (said.version !== stamp.version || said.commit !== stamp.commit || said.builtAt !== stamp.builtAt) {
      throw new Error(`${seen} said ${stdout.trim()}, built was ${JSON.stringify(stamp)}`);
    }
  }
}
