import { checkFile, couldNotTell } from './file-check.ts';
import { type CheckContext, type Checker, type Finding, finding, ok } from './finding.ts';
import type { ConfigComponent } from './manifest.ts';
import { checkRuntimeConfig } from './runtime-config.ts';

/** The file's bytes where they are declared, and the values that matter, whatever the bytes are. */
export const checkConfig: Checker<ConfigComponent> = async (component, context) => {
  const { path, sha256 } = component;
  const bytes =
    sha256 === null ? await checkPresence(component, context) : await checkFile(component, { path, sha256 }, context);
  const unread = bytes.some(({ status }) => status === 'missing' || status === 'could-not-tell');
  const values = unread ? [] : await checkRuntimeConfig(component, context);
  const findings = [...bytes, ...values];
  return findings.length === 0 ? [ok(component)] : findings;
};

async function checkPresence(component: ConfigComponent, { host }: CheckContext): Promise<Finding[]> {
  const { path } = component;
  try {
    if ((await host.files.stat(path)) !== null) return [];
  } catch (error) {
    return [couldNotTell(component, path, error)];
  }
  const fix = `put ${path} back from the image, or deploy the VM again`;
  return [finding(component, 'missing', 'file-missing', { observed: 'nothing', expected: path, fix })];
}
