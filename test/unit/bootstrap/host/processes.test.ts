import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { localProcesses } from '../../../../bootstrap/host/processes.ts';

test('tells a living process from one that is gone', async () => {
  const own = await localProcesses.startTicks(process.pid);
  expect(own).toBeGreaterThan(0);
  expect(await localProcesses.startTicks(process.pid)).toBe(own);
  const child = spawn('sleep', ['600']);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  expect(await localProcesses.startTicks(pid)).toBeGreaterThanOrEqual(own ?? 0);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await localProcesses.startTicks(pid)).toBeNull();
});

test('a name with spaces and parentheses does not shift the fields', async () => {
  const child = spawn('bash', ['-c', 'printf "a) S 1 (b" > /proc/$$/comm; echo; read -r _'], { stdio: 'pipe' });
  await once(child.stdout, 'data');
  const named = await localProcesses.startTicks(child.pid ?? 0);
  expect(named).toBeGreaterThan((await localProcesses.startTicks(process.pid)) ?? 0);
  child.stdin.end('\n');
});

test('the boot id is a UUID', async () => {
  expect(await localProcesses.bootId()).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
});
