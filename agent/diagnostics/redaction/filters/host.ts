import { parse, stringify } from 'smol-toml';
import { Withheld } from '../redactor.ts';
import { type Allow, onlyAllowed, sizeOf } from './allow.ts';
import { changedYaml } from './yaml-text.ts';

/** containerd's configuration and hosts.toml: everything but what stands for a registry's login and headers. */
export function filterContainerdConfig(text: string): string {
  try {
    return stringify(withoutLogins(parse(text)) as Record<string, unknown>);
  } catch {
    throw new Withheld('it is no TOML that can be read');
  }
}

/** Netplan: all but the keys of radios, tunnels and 802.1X. */
export function filterNetplan(text: string): string {
  return changedYaml(text, document => onlyAllowed(document, { network: netplan }));
}

/** conjurer.yaml: the settings that hold nothing secret, and of proxies all but the login. */
export function filterConjurerConfig(text: string): string {
  return changedYaml(text, document => withoutUserInfo(onlyAllowed(document, conjurerConfig)));
}

const secretLogin = /^(?:auth|auths|username|password|identitytoken|header|headers|registrytoken|client|env)$/i;

const link: Allow = {
  '*': true,
  'access-points': { '*': { mode: true, band: true, channel: true, bssid: true, hidden: true } },
  auth: { 'key-management': true, method: true },
  key: {},
  keys: {},
  peers: { endpoint: true, 'allowed-ips': true, keepalive: true, keys: { public: true } },
};
const conjurerConfig: Allow = {
  edgeName: true,
  passphraseFile: true,
  credentialsFile: true,
  enrolment: true,
  network: true,
  firewall: true,
  proxy: { noProxy: true, http: true, https: true, caFile: true },
  preflight: true,
  bundle: true,
  log: true,
};
const netplan: Allow = { '*': { '*': link }, version: true, renderer: true };

function withoutLogins(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutLogins);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      secretLogin.test(key) ? `<omitted: ${sizeOf(inner)} bytes>` : withoutLogins(inner),
    ]),
  );
}

function withoutUserInfo(value: unknown): unknown {
  if (typeof value === 'string') return value.includes('@') && value.includes('://') ? hostOf(value) : value;
  if (Array.isArray(value)) return value.map(withoutUserInfo);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutUserInfo(inner)]));
}

function hostOf(url: string): string {
  return URL.canParse(url) ? `${new URL(url).protocol}//<omitted>@${new URL(url).host}` : '<omitted>';
}
