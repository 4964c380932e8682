import { createHash } from 'node:crypto';
import type { Change, ChangeKind, ProxyFileChange } from '../change.ts';
import { AgentError } from '../errors.ts';
import { keepAside } from './kept.ts';
import { isRestartOwed, restartWith } from './restart.ts';

/** The proxy drop-in of a service. `textOf` gives the text that the digest in the change is of: it may hold a password. */
export function proxyFileKind(textOf: () => Promise<string | null>): ChangeKind<ProxyFileChange> {
  return {
    async isDone({ path, unit, sha256 }, host) {
      if (await isRestartOwed(unit, host)) return false;
      const bytes = await host.files.read(path);
      if (bytes === null || sha256 === null) return bytes === null && sha256 === null;
      return digest(bytes) === sha256 && (await host.files.stat(path))?.mode === 0o600;
    },

    async apply({ path, unit, sha256 }, host) {
      const text = sha256 === null ? null : await textOf();
      if (sha256 !== null && (text === null || digest(Buffer.from(text)) !== sha256)) {
        throw new AgentError('E_CHANGE_DID_NOT_TAKE', `the proxy for ${unit} is not the one that was planned`, {
          wanted: `text with SHA-256 ${sha256}`,
        });
      }
      await restartWith(unit, host, async () =>
        text === null ? host.files.remove(path) : host.files.write(path, text, 0o600),
      );
    },

    async undo({ id, unit, path }, host): Promise<Change[]> {
      const info = await host.files.stat(path);
      const bytes = await host.files.read(path);
      if (info === null || bytes === null) return [{ kind: 'proxy-file', id, unit, path, sha256: null }];
      return [await keepAside(host, { id, path, mode: info.mode, bytes })];
    },
  };
}

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
