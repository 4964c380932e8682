import * as z from 'zod';
import { parseToml } from '../../components/runtime/containerd-config.ts';
import type { Files } from '../../host/host.ts';
import { type Check, type Finding, onRunningSystem, pass, skip } from '../check.ts';
import type { Registry, RegistryAnswer } from '../outside.ts';

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

const Place = z.object({
  ca: z.union([z.string(), z.array(z.string())]).default([]),
  skip_verify: z.boolean().default(false),
});
const Hosts = Place.extend({ host: z.record(z.string(), Place).default({}) });

/** Those of each hosts.toml, as containerd reads it: the mirrors that it names, or else the registry itself. */
export async function configuredRegistries(disk: Files): Promise<Registry[]> {
  const found: Registry[] = [];
  for (const name of (await disk.list(folder)) ?? []) {
    const text = await disk.readText(`${folder}/${name}/hosts.toml`);
    const { data } = Hosts.safeParse(text === null ? null : parseToml(text));
    if (data === undefined) continue;
    const mirrors = Object.entries(data.host).filter(([address]) => address.startsWith('https://'));
    for (const [address, place] of mirrors) found.push(await registryOf(new URL(address).host, place, disk));
    if (Object.keys(data.host).length === 0 && name !== '_default') found.push(await registryOf(name, data, disk));
  }
  return found.filter(({ host }, at) => found.findIndex(one => one.host === host) === at);
}

async function registryOf(host: string, { ca, skip_verify }: z.infer<typeof Place>, disk: Files): Promise<Registry> {
  const cas = await Promise.all([ca].flat().map(path => (path.startsWith('/') ? disk.readText(path) : null)));
  return { host, cas: cas.flatMap(pem => pem ?? []), verifies: !skip_verify };
}

export function judgeRegistries(answers: readonly RegistryAnswer[]): Finding {
  const observed = answers.map(({ observed: seen, problem }) => (problem === null ? seen : `${seen}: ${problem}`));
  if (answers.every(({ problem }) => problem === null)) return pass(observed.join('; '));
  const fix = `check ${folder}/*/hosts.toml, the way to the registry and the proxy; preloaded images need none`;
  return { status: 'warn', observed: observed.join('; '), fix };
}
