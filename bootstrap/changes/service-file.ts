import type { ChangeKind, ServiceFileChange } from '../change.ts';
import type { Host } from '../host/host.ts';
import { isRestartOwed, restartWith } from './restart.ts';

/** A file that a service reads at its start. Undo brings back the text that was there, or its absence. */
export const serviceFileChange: ChangeKind<ServiceFileChange> = {
  async isDone({ path, mode, content, unit }, host) {
    if (await isRestartOwed(unit, host)) return false;
    const info = await host.files.stat(path);
    if (content === null || info === null) return content === null && info === null;
    return info.type === 'file' && info.mode === mode && (await host.files.readText(path)) === content;
  },

  apply: ({ path, mode, content, unit }, host) => restartWith(unit, host, () => put(path, mode, content, host)),

  async undo({ id, unit, path, mode }, host) {
    const info = await host.files.stat(path);
    const content = info === null ? null : await host.files.readText(path);
    return [{ kind: 'service-file', id, unit, path, mode: info?.mode ?? mode, content }];
  },
};

async function put(path: string, mode: number, content: string | null, host: Host): Promise<void> {
  if (content === null) await host.files.remove(path);
  else await host.files.write(path, content, mode);
}
