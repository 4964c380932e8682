import { AgentError } from '../errors.ts';
import { interfacesOf, type NetworkSettings } from './settings.ts';

/**
 * What no schema of a single key can see: that each interface is defined once, that bonds, bridges and VLANs are made of
 * interfaces that are defined, and that none is a member twice. Throws E_CONFIG_INVALID.
 */
export function checkNetwork(settings: NetworkSettings): void {
  const keys = interfacesOf(settings).map(({ key }) => key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice !== undefined) throw invalid(`${twice} is defined twice`, twice, 'each name once');
  const memberOf = new Map<string, string>();
  for (const section of ['bonds', 'bridges'] as const) {
    for (const [name, { interfaces, parameters }] of Object.entries(settings[section])) {
      for (const member of interfaces) {
        mustBeDefined(keys, member, `${section}.${name}`);
        const other = memberOf.get(member);
        if (other !== undefined) throw invalid(`${member} is a member of ${other} and ${name}`, name, 'one master');
        memberOf.set(member, name);
      }
      const primary = parameters !== undefined && 'primary' in parameters ? parameters.primary : undefined;
      if (primary !== undefined && !interfaces.includes(primary)) {
        throw invalid(`the primary ${primary} of ${name} is none of its interfaces`, primary, interfaces.join(', '));
      }
    }
  }
  for (const [name, { link }] of Object.entries(settings.vlans)) mustBeDefined(keys, link, `vlans.${name}`);
  for (const { key, settings: one } of interfacesOf(settings)) {
    const own = 'set-name' in one && one.match === undefined;
    if (own) throw invalid(`${key} has set-name without match`, key, 'match: { macaddress: … } beside set-name');
  }
}

function mustBeDefined(keys: readonly string[], name: string, where: string): void {
  if (keys.includes(name)) return;
  throw invalid(`network.${where} uses ${name}, which is not defined`, name, `one of ${keys.join(', ')}`);
}

function invalid(message: string, seen: string, wanted: string): AgentError {
  return new AgentError('E_CONFIG_INVALID', message, { seen, wanted, data: { key: 'network' } });
}
