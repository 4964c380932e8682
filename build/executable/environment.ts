import { existsSync } from 'node:fs';

/**
 * Node itself obeys a family of environment variables before the first line of the agent runs (`NODE_V8_COVERAGE` writes
 * files, `NODE_DEBUG` prints what goes over the wire, `NODE_TLS_REJECT_UNAUTHORIZED=0` switches verification off, …).
 * The agent is a program, not a Node: none of them may change what it does. Where one is set, the program starts itself
 * again in the same process without them; `NODE_OPTIONS` and `OPENSSL_CONF` are shut out earlier, by build/sea-blob.ts.
 */
const FOREIGN = /^(NODE_.*|OPENSSL_.*|SSL_CERT_(FILE|DIR)|SSLKEYLOGFILE)$/;

leaveForeignEnvironment();

function leaveForeignEnvironment(): void {
  const foreign = Object.keys(process.env).filter(name => FOREIGN.test(name));
  if (foreign.length === 0) return;
  for (const name of foreign) delete process.env[name];
  // Else the coverage that Node began because of NODE_V8_COVERAGE is written to that folder now.
  if (foreign.includes('NODE_V8_COVERAGE')) process.getBuiltinModule('node:v8').stopCoverage();
  // Without /proc the path of the program is not known, and a failing execve ends the process.
  if (process.execve === undefined || !existsSync(process.execPath)) return;
  process.execve(process.execPath, [process.argv0, ...process.argv.slice(2)], process.env as Record<string, string>);
}
