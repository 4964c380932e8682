import type { Host, RunResult } from '../../host/host.ts';

/** The namespace of containerd that CRI, and so kubelet, looks into. */
export const criNamespace = 'k8s.io';

/** An image as containerd has it on record. */
export interface ImageRecord {
  readonly ref: string;
  /** "sha256:" and hex: of the index or the manifest that the name stands for. */
  readonly digest: string;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * containerd, asked and told through `ctr`, its own client of the same version: its metadata is a database that only it
 * may open. The content itself is plain files, and is read as such (content-store.ts).
 */
export interface Ctr {
  /** The images of a namespace; a text says why they cannot be told. */
  images(namespace: string): Promise<readonly ImageRecord[] | string>;
  namespaces(): Promise<readonly string[] | string>;
  run(namespace: string, args: readonly string[], options?: CtrOptions): Promise<RunResult>;
}

export interface CtrOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** `socket`: where containerd listens, as the machine itself sees it. */
export function ctrOf(host: Host, socket: string): Ctr {
  const address = `${host.root === '/' ? '' : host.root}${socket}`;
  const run: Ctr['run'] = (namespace, args, options = {}) =>
    host.run(['ctr', '--address', address, '--connect-timeout', '5s', '--namespace', namespace, ...args], options);

  return {
    run,
    async images(namespace) {
      // Asked about a socket that is not there, ctr waits for it.
      if ((await host.files.stat(socket)) === null) return `there is no socket ${socket}`;
      const result = await run(namespace, ['images', 'ls']);
      return result.status === 0 ? parseImages(result.stdout) : whyNot(result);
    },
    async namespaces() {
      const result = await run(criNamespace, ['namespaces', 'ls', '-q']);
      return result.status === 0 ? result.stdout.split('\n').filter(line => line !== '') : whyNot(result);
    },
  };
}

/** What a person is told of a call of ctr that failed. */
export function whyNot({ missing, timedOut, stderr, status }: RunResult): string {
  if (missing) return 'there is no program ctr on this machine';
  if (timedOut) return 'containerd does not answer in time';
  const lines = stderr.trim().split('\n');
  return (lines.at(-1) || `ctr ended with status ${status}`).slice(0, 500);
}

/** The table that `ctr images ls` prints. Its size holds a space, its labels may: they are its last column. */
export function parseImages(table: string): ImageRecord[] {
  const row = /^(\S+)\s+\S+\s+(sha256:[0-9a-f]{64})\s+[\d.]+ \S+\s+\S+\s+(.+?)\s*$/;
  return table.split('\n').flatMap(line => {
    const [, ref, digest, labels] = row.exec(line) ?? [];
    return ref === undefined || digest === undefined || labels === undefined
      ? []
      : [{ ref, digest, labels: labels === '-' ? {} : parseLabels(labels) }];
  });
}

function parseLabels(text: string): Record<string, string> {
  const pairs = text.split(',').map(pair => {
    const at = pair.indexOf('=');
    return at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
  });
  return Object.fromEntries(pairs);
}
