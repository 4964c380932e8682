import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { project } from './project.ts';
import { type Screen, seconds } from './screen.ts';
import { Trouble } from './trouble.ts';

/** Builds dist/conjurer-linux-ARCH of this machine where it is not there or not of these sources. Gives its path. */
export async function buildBinary(screen: Screen, signal: AbortSignal): Promise<string> {
  const began = Date.now();
  const file = path.join(project, 'dist', `conjurer-linux-${process.arch}`);
  screen.remark('built where it is missing or older than the sources; the first time takes a moment');
  const { status, output } = await build(signal);
  signal.throwIfAborted();
  if (status !== 0) {
    throw new Trouble('the binary could not be built', {
      seen: output.trim() || `the build ended with status ${status}`,
      next: 'npm ci, then: npm run build -- --host-only',
    });
  }
  const { size } = await stat(file);
  const how = /unchanged\s*$/.test(output) ? 'is up to date' : 'built';
  screen.remark(
    `${path.relative(project, file)} ${how}: ${(size / 1e6).toFixed(0)} MB, ${seconds(Date.now() - began)}`,
  );
  return file;
}

/** In a process group of its own, so that an interrupted build ends with all that it has started. */
function build(signal: AbortSignal): Promise<{ status: number | null; output: string }> {
  const child = spawn(process.execPath, [path.join(project, 'build.mjs'), '--host-only'], {
    cwd: project,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  const end = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
  };
  signal.addEventListener('abort', end, { once: true });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', status => {
      signal.removeEventListener('abort', end);
      resolve({ status, output });
    });
  });
}
