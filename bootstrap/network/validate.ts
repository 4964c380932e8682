import { basename } from 'node:path';
import type { NetworkChange } from '../change.ts';
import { AgentError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import { netplanDirectory } from './netplan-files.ts';

const copy = '/run/conjurer/netplan-check';

/** Has netplan itself judge what /etc/netplan would hold, on a copy. Throws E_NETWORK_REFUSED with what it said. */
export async function validateOnCopy({ files, moves }: NetworkChange, host: Host): Promise<void> {
  const texts = new Map<string, string | null>();
  for (const name of (await host.files.list(netplanDirectory)) ?? []) {
    if (name.endsWith('.yaml')) texts.set(name, await host.files.readText(`${netplanDirectory}/${name}`));
  }
  for (const { from, to } of moves) {
    const text = (await host.files.readText(from)) ?? null;
    texts.delete(basename(from));
    if (to.endsWith('.yaml')) texts.set(basename(to), text);
  }
  for (const { path, content } of files) {
    if (path.startsWith(`${netplanDirectory}/`)) texts.set(basename(path), content);
  }
  await host.run(['rm', '-rf', copy]);
  for (const [name, text] of texts) {
    if (text !== null) await host.files.write(`${copy}${netplanDirectory}/${name}`, text, 0o600);
  }
  const result = await host.run(['netplan', 'generate', '--root-dir', copy]);
  await host.run(['rm', '-rf', copy]);
  if (result.status === 0) return;
  throw new AgentError('E_NETWORK_REFUSED', 'netplan refuses the configuration of the network; nothing was changed', {
    seen: (result.stderr.trim() || result.stdout.trim() || `status ${result.status}`).slice(0, 2000),
  });
}
