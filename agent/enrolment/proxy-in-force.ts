import { AgentError } from '../../bootstrap/errors.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import type { Config } from '../config/load.ts';
import type { ProxyConfig } from '../controller/proxy.ts';
import type { Redactor } from '../redaction.ts';
import { readAppliedConfiguration } from './configuration-store.ts';
import type { State } from './state.ts';

/** The way out: what the Controller's signed configuration says, else conjurer.yaml. Never the environment. */
export async function proxyInForce(parts: {
  readonly host: Host;
  readonly typed: Host;
  readonly state: State;
  readonly config: Config;
  readonly redactor: Redactor;
}): Promise<ProxyConfig | null> {
  const { host, state, config, redactor } = parts;
  const signed = (await readAppliedConfiguration(host.files, state))?.document.proxy;
  const proxy: ProxyConfig =
    signed === undefined
      ? { ...config.proxy, caPem: await readCa(host, config.proxy.caFile) }
      : {
          http: signed.http ?? '',
          https: signed.https ?? '',
          noProxy: signed.noProxy ?? [],
          caPem: signed.caPem ?? null,
        };
  for (const url of [proxy.http, proxy.https]) {
    if (URL.canParse(url) && new URL(url).password !== '')
      redactor.addSecret(decodeURIComponent(new URL(url).password));
  }
  return proxy.http === '' && proxy.https === '' ? null : proxy;
}

async function readCa(host: Host, path: string): Promise<string | null> {
  if (path === '') return null;
  const pem = await host.files.readText(path);
  if (pem !== null) return pem;
  throw new AgentError('E_CONFIG_INVALID', 'proxy.caFile is not there', { seen: path, data: { key: 'proxy.caFile' } });
}
