import { expect, test } from 'vitest';
import { runCommand } from '../../../../bootstrap/host/command.ts';

test('runs a program with our PATH and LC_ALL, the input that is given, and nothing else', async () => {
  const result = await runCommand(['sh', '-c', 'env | grep -v ^PWD= | grep -v ^_=; pwd; cat; echo oops >&2; exit 3'], {
    input: 'given',
  });
  expect(result).toMatchObject({ status: 3, stderr: 'oops\n', timedOut: false, missing: false });
  expect(result.stdout.split('\n').sort()).toEqual(
    ['/', 'LC_ALL=C', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'given'].sort(),
  );
});

test('an argument is never read by a shell', async () => {
  expect((await runCommand(['printf', '%s', '$(id); `id` > /x'])).stdout).toBe('$(id); `id` > /x');
});

test('a program that is missing or cannot be run is a result', async () => {
  expect(await runCommand(['conjurer-no-such-program'])).toMatchObject({ status: null, missing: true });
  expect(await runCommand(['/etc/passwd'])).toMatchObject({ status: null, missing: false });
});

test('at the time-out the whole process group is killed', async () => {
  const result = await runCommand(['sh', '-c', 'sleep 600 & echo $!; wait'], { timeoutMs: 300 });
  expect(result).toMatchObject({ status: null, timedOut: true });
  expect(await isGone(Number(result.stdout))).toBe(true);
});

test('an aborted signal kills it, also one that was aborted before', async () => {
  const controller = new AbortController();
  const running = runCommand(['sleep', '600'], { signal: controller.signal });
  controller.abort();
  expect(await running).toMatchObject({ status: null, timedOut: false });
  expect(await runCommand(['sleep', '600'], { signal: controller.signal })).toMatchObject({ status: null });
});

test('a descendant that keeps our pipe open does not keep us waiting', async () => {
  const result = await runCommand(['sh', '-c', 'sleep 600 & echo $!; exit 0'], { timeoutMs: 60_000 });
  expect(result).toMatchObject({ status: 0, timedOut: false });
  process.kill(Number(result.stdout), 'SIGKILL');
});

test('of the output the first 8 MiB are kept', async () => {
  const result = await runCommand(['head', '-c', '20000000', '/dev/zero']);
  expect(result.status).toBe(0);
  expect(result.stdout.length).toBe(8 * 1024 * 1024);
});

test('a program that does not read its input is no failure', async () => {
  expect((await runCommand(['true'], { input: 'x'.repeat(1_000_000) })).status).toBe(0);
});

/** Also a zombie is gone; the kernel needs a moment to deliver the signal. */
async function isGone(pid: number): Promise<boolean> {
  const { status, stdout } = await runCommand(['ps', '-o', 'stat=', '-p', `${pid}`]);
  return status !== 0 || stdout.startsWith('Z') || isGone(pid);
}
