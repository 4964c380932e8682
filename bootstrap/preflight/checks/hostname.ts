import { type Check, pass, unknown } from '../check.ts';

/** The name that the configuration will set counts, where there is one. */
export const hostnameCheck: Check = {
  id: 'hostname',
  async run({ facts, settings }) {
    const wanted = settings.network.hostname;
    const name = wanted ?? (await facts()).hostname;
    if (name === null) return unknown('/etc/hostname is not there, and the configuration sets no name');
    const problem = problemOf(name);
    const observed = wanted === undefined ? name : `${name}, as the configuration will set it`;
    if (problem === null) return pass(observed);
    const fix = 'set network.hostname in conjurer.yaml, or: hostnamectl set-hostname NAME';
    return { status: 'fail', observed: `${observed}: ${problem}`, fix };
  },
};

/** Kubernetes lower-cases the name itself. */
export function problemOf(name: string): string | null {
  if (/^localhost(\.|$)/i.test(name)) return 'every machine is called so';
  if (name.includes('_')) return 'an underscore is not allowed in a host name';
  if (name.length > 253) return `${name.length} characters are too many`;
  const wrong = name.split('.').find(part => !/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(part));
  if (wrong === undefined) return null;
  return wrong === '' ? 'a part is empty' : `"${wrong}" is no part of a host name`;
}
