import * as z from 'zod';
import { captureCommand } from '../../../../bootstrap/host/capture.ts';
import type { Make } from '../collector.ts';

const socket = '/run/containerd/containerd.sock';
const crictl = ['crictl', `--runtime-endpoint=unix://${socket}`, '--timeout=5s'] as const;
/** Those that do not run come first: they are what is asked about. */
const most = 60;

const List = z.object({ containers: z.array(z.object({ id: z.string(), state: z.string().optional() })) });

/** Of `crictl inspect` what tells why a container does not run. Environment, arguments and mounts are not among it. */
const Inspected = z.object({
  status: z.object({
    id: z.string(),
    metadata: z.object({ name: z.string().optional(), attempt: z.number().optional() }).optional(),
    state: z.string().optional(),
    createdAt: z.string().optional(),
    startedAt: z.string().optional(),
    finishedAt: z.string().optional(),
    exitCode: z.number().optional(),
    image: z.object({ image: z.string().optional() }).optional(),
    imageRef: z.string().optional(),
    reason: z.string().optional(),
    message: z.string().optional(),
    labels: z
      .object({
        'io.kubernetes.pod.name': z.string().optional(),
        'io.kubernetes.pod.namespace': z.string().optional(),
        'io.kubernetes.container.name': z.string().optional(),
      })
      .optional(),
    logPath: z.string().optional(),
  }),
});

export const containersText: Make = async ({ host, signal }) => {
  if (host.root !== '/' || (await host.files.stat(socket)) === null) return null;
  const listed = await run([...crictl, 'ps', '-a', '-o', 'json'], signal);
  if (listed === null) return null;
  const { containers } = List.parse(JSON.parse(listed));
  const ordered = containers.toSorted((a, b) => Number(isRunning(a)) - Number(isRunning(b)));
  const inspected: unknown[] = [];
  for (const { id } of ordered.slice(0, most)) {
    const said = await run([...crictl, 'inspect', '-o', 'json', id], signal);
    if (said !== null) inspected.push(Inspected.parse(JSON.parse(said)).status);
  }
  return `${JSON.stringify({ containers: containers.length, inspected }, null, 2)}\n`;
};

function isRunning({ state }: { state?: string | undefined }): boolean {
  return state === 'CONTAINER_RUNNING';
}

/** null: there is no crictl, or it could not ask. */
async function run(argv: readonly [string, ...string[]], signal: AbortSignal): Promise<string | null> {
  const limit = { timeoutMs: 6_000, keep: { head: 4 * 1024 * 1024, tail: 0 }, signal };
  const { status, stdout } = await captureCommand(argv, limit);
  return status === 0 && stdout.omitted === 0 ? stdout.head.toString('utf8') : null;
}
