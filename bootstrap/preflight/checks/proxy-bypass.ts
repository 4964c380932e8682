import { covers } from '../../firewall/cidr.ts';
import type { Files } from '../../host/host.ts';
import { usualCidrs } from '../../network/proxy-files.ts';
import { type Check, type Finding, pass, skip } from '../check.ts';
import { environmentOfUnit, parseEnvironmentFile, type Variables } from '../unit-environment.ts';

const units = ['containerd.service', 'kubelet.service'];
/** What kubeadm takes over into the static pods when a person runs it in a shell. */
const ofEveryone = '/etc/environment';
const names = ['.svc', '.cluster.local'];

/** Whoever has a proxy knows that the cluster is not behind it. */
export const proxyBypassCheck: Check = {
  id: 'proxy-bypass',
  async run({ disk, settings }) {
    const cidrs = await settings.clusterCidrs();
    return judgeBypass(await readProxies(disk), cidrs.length > 0 ? cidrs : usualCidrs);
  },
};

/** A place that sets a proxy, with what it lets pass by. */
export interface ProxyPlace {
  readonly where: string;
  readonly noProxy: readonly string[];
}

export async function readProxies(disk: Files): Promise<ProxyPlace[]> {
  const shell = parseEnvironmentFile((await disk.readText(ofEveryone)) ?? '');
  const places = [
    { where: ofEveryone, variables: shell },
    ...(await Promise.all(units.map(async where => ({ where, variables: await environmentOfUnit(disk, where) })))),
  ];
  return places.flatMap(({ where, variables }) =>
    hasProxy(variables)
      ? [{ where, noProxy: (proxyVariable(variables, 'NO_PROXY') ?? '').split(/[,\s]+/).filter(one => one !== '') }]
      : [],
  );
}

export function judgeBypass(places: readonly ProxyPlace[], cidrs: readonly string[]): Finding {
  if (places.length === 0) return skip('no proxy is set for containerd or kubelet');
  const found = places.flatMap(({ where, noProxy }) => {
    const missing = noProxy.includes('*') ? [] : [...cidrs, ...names].filter(one => !isCovered(one, noProxy));
    return missing.length === 0 ? [] : [{ where, missing }];
  });
  if (found.length === 0) return pass(`NO_PROXY of ${places.map(({ where }) => where).join(', ')}`);
  const observed = found.map(({ where, missing }) => `NO_PROXY of ${where} lacks ${missing.join(', ')}`).join('; ');
  return {
    status: 'warn',
    observed,
    required: [...cidrs, ...names].join(', '),
    fix: 'set the proxy in conjurer.yaml (proxy.https, proxy.noProxy), which adds them, and take it out there',
  };
}

function isCovered(wanted: string, noProxy: readonly string[]): boolean {
  if (wanted.startsWith('.')) return noProxy.some(entry => wanted === `.${entry.replace(/^\*?\.?/, '')}`);
  return noProxy.some(entry => covers(entry, wanted));
}

function hasProxy(variables: Variables): boolean {
  return (proxyVariable(variables, 'HTTP_PROXY') ?? proxyVariable(variables, 'HTTPS_PROXY') ?? '') !== '';
}

/** Go, and so containerd and kubelet, read the upper case first. */
function proxyVariable(variables: Variables, name: string): string | undefined {
  return variables.get(name) || variables.get(name.toLowerCase()) || undefined;
}
