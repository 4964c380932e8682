import { couldNotTell } from './file-check.ts';
import { type Checker, finding, ok } from './finding.ts';
import type { PackageComponent } from './manifest.ts';

const statusFile = '/var/lib/dpkg/status';

/** The Debian package is installed, whole, in this very version, as dpkg's own database says. */
export const checkPackage: Checker<PackageComponent> = async (component, { host }) => {
  const { package: name, version } = component;
  const expected = `${name} ${version}, installed`;
  try {
    const text = await host.files.readText(statusFile);
    if (text === null) {
      const told = { observed: `there is no ${statusFile}`, expected, fix: 'use an image with dpkg' };
      return [finding(component, 'could-not-tell', 'no-dpkg', told)];
    }
    const found = findPackages(text, name);
    const installed = found.filter(({ status }) => status === 'install ok installed' || status === 'hold ok installed');
    if (installed.some(one => one.version === version)) return [ok(component)];
    const fix = `apt-get install ${name}=${version}, or deploy the VM again`;
    const [other] = installed;
    if (other !== undefined) {
      const told = { observed: `${name} ${other.version}`, expected, fix };
      return [finding(component, 'altered', 'package-version-differs', told)];
    }
    const observed = found[0] === undefined ? `${name} is not installed` : `${name}: ${found[0].status}`;
    return [finding(component, 'missing', 'package-missing', { observed, expected, fix })];
  } catch (error) {
    return [couldNotTell(component, statusFile, error)];
  }
};

/** More than one where a package is installed for several architectures. `name` may end with `:arch`. */
export function findPackages(text: string, name: string): { version: string; status: string }[] {
  const [wanted, arch] = name.split(':');
  return text.split(/\n\n+/).flatMap(paragraph => {
    const field = (key: string) => new RegExp(`^${key}: *(.*)$`, 'm').exec(paragraph)?.[1]?.trim();
    if (field('Package') !== wanted) return [];
    if (arch !== undefined && field('Architecture') !== arch) return [];
    return [{ version: field('Version') ?? 'no version', status: field('Status') ?? 'no status' }];
  });
}
