import type { Files } from '../../host/host.ts';
import { type Check, type Finding, onRunningSystem, pass, skip } from '../check.ts';
import type { RegistryAnswer } from '../outside.ts';

const folder = '/etc/containerd/certs.d';

/** The registries that somebody configured for containerd answer. All else is preloaded. */
export const registryCheck: Check = {
  id: 'registry',
  limitMs: 15_000,
  run: onRunningSystem(async ({ disk, outside, signal }) => {
    const registries = await configuredRegistries(disk);
    if (registries.length === 0) return skip(`no registry is configured in ${folder}: what is needed is preloaded`);
    return judgeRegistries(await Promise.all(registries.map(one => outside.askRegistry(one, signal))));
  }),
};

/** "registry.example.com:5000" of each hosts.toml: the mirrors that it names, or else the registry itself. */
export async function configuredRegistries(disk: Files): Promise<string[]> {
  const found = await Promise.all(
    ((await disk.list(folder)) ?? []).map(async name => {
      const text = await disk.readText(`${folder}/${name}/hosts.toml`);
      if (text === null) return [];
      const mirrors = [...text.matchAll(/^\s*\[host\."https:\/\/([^"/]+)[^"]*"\]/gm)].map(([, host = '']) => host);
      return mirrors.length > 0 || name === '_default' ? mirrors : [name];
    }),
  );
  return [...new Set(found.flat())].sort();
}

export function judgeRegistries(answers: readonly RegistryAnswer[]): Finding {
  const observed = answers.map(({ observed: seen, problem }) => (problem === null ? seen : `${seen}: ${problem}`));
  if (answers.every(({ problem }) => problem === null)) return pass(observed.join('; '));
  const fix = `check ${folder}/*/hosts.toml, the way to the registry and the proxy; preloaded images need none`;
  return { status: 'warn', observed: observed.join('; '), fix };
}
