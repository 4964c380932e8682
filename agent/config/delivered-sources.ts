import { AgentError } from '../../bootstrap/errors.ts';
import type { Delivered } from './delivered.ts';
import { fromText } from './environment.ts';
import { valueKeys } from './keys.ts';
import { nearest } from './nearest.ts';
import { nested } from './nested.ts';
import { mayHoldSecret } from './schema.ts';
import type { ConfigSource } from './validate.ts';
import { parseYaml, type YamlFile } from './yaml.ts';

/**
 * What the hypervisor handed over, as configuration: `conjurer.config` (YAML, or base64 of it) and over it a property for
 * each key that can be written as one text. `readYaml` makes a source of a file. Throws E_CONFIG_INVALID.
 */
export function deliveredSources(
  { settings, source }: Delivered,
  readYaml: (file: YamlFile) => ConfigSource,
): ConfigSource[] {
  const seen = source === null ? ' (as last seen)' : '';
  const yaml = settings.config === undefined ? [] : [readYaml(parsed(settings.config, seen))];
  const values = new Map<string, unknown>();
  const card: Record<string, string> = {};
  for (const [name, text] of Object.entries(settings)) {
    if (name === 'config') continue;
    if (cardProperties.includes(name)) card[name] = text;
    else values.set(name, settingOf(name, text));
  }
  const ethernets = ethernetsOf(card);
  if (ethernets !== null) values.set('network.ethernets', ethernets);
  const where = (key: string) => {
    const name = key.startsWith('network.ethernets') ? 'network.address and its like' : key;
    return `OVF property conjurer.${name}${seen}`;
  };
  return [...yaml, { value: nested(values), where }];
}

/** One card with one address, as a form can ask for it; more than that is written as YAML in `conjurer.config`. */
const cardProperties = ['interface', 'address', 'gateway', 'nameservers', 'search'].map(name => `network.${name}`);

function ethernetsOf(card: Readonly<Record<string, string>>): unknown {
  const address = card['network.address'];
  if (address === undefined) return null;
  const gateway = card['network.gateway'];
  const everywhere = address.includes(':') ? '::/0' : '0.0.0.0/0';
  const servers = { addresses: listOf(card['network.nameservers']), search: listOf(card['network.search']) };
  return {
    [card['network.interface'] ?? 'ens192']: {
      addresses: listOf(address),
      ...(gateway === undefined ? {} : { routes: [{ to: everywhere, via: gateway }] }),
      ...(servers.addresses.length + servers.search.length === 0 ? {} : { nameservers: servers }),
    },
  };
}

function listOf(text: string | undefined): string[] {
  return (text ?? '').split(/[\s,]+/).filter(part => part !== '');
}

function settingOf(name: string, text: string): unknown {
  const key = valueKeys().find(known => known.key === name && known.type !== 'map');
  if (key === undefined) throw unknownProperty(name);
  if (mayHoldSecret(name) && text.includes('@')) {
    throw new AgentError('E_CONFIG_INVALID', `the OVF property conjurer.${name} holds a password`, {
      seen: 'an address with a user in it',
      wanted: 'an address without: everyone on this machine can read the properties',
      next: 'write it under proxy: in /etc/conjurer/conjurer.yaml, and empty the property',
      data: { key: name },
    });
  }
  return fromText(key, text.trim());
}

function unknownProperty(name: string): AgentError {
  const writable = valueKeys().filter(({ type }) => type !== 'map');
  const known = [...writable.map(({ key }) => key), ...cardProperties, 'config', 'passphrase', 'credentials'];
  const meant = nearest(name, known);
  const message = `the OVF property conjurer.${name} is no setting`;
  return new AgentError('E_CONFIG_INVALID', meant === null ? message : `${message}, did you mean conjurer.${meant}?`, {
    seen: `conjurer.${name}`,
    wanted: `conjurer. and one of ${known.filter(key => !key.includes('patience')).join(', ')}`,
    next: 'correct the vApp properties of the VM, power it off and on, then: conjurer run',
    data: { key: name },
  });
}

function parsed(text: string, seen: string): YamlFile {
  const packed = text.replaceAll(/\s/g, '');
  const isBase64 = packed.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(packed);
  return parseYaml(
    `OVF property conjurer.config${seen}`,
    Buffer.from(isBase64 ? packed : text, isBase64 ? 'base64' : 'utf8'),
  );
}
