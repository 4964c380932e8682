import { checkFile } from './file-check.ts';
import { type CheckContext, type Checker, type Finding, finding, ok } from './finding.ts';
import type { BinaryComponent } from './manifest.ts';

/** The file as declared; at depth `deep`, and only if it is, what it says its version is. */
export const checkBinary: Checker<BinaryComponent> = async (component, context) => {
  const findings = await checkFile(component, component, context);
  if (findings.length === 0 && context.depth === 'deep') findings.push(...(await checkVersion(component, context)));
  return findings.some(({ status }) => status !== 'note') ? findings : [ok(component), ...findings];
};

const versionMs = 20_000;

async function checkVersion(component: BinaryComponent, { host, signal }: CheckContext): Promise<Finding[]> {
  const [program, ...args] = component.versionCommand ?? [];
  if (program === undefined) return [];
  const expected = `${[program, ...args].join(' ')} says ${component.version}`;
  // In a tree of another machine its programs would run here, with the libraries of this one.
  if (host.root !== '/') {
    return [finding(component, 'note', 'version-not-asked', { observed: `${host.root} is not booted`, expected })];
  }
  const result = await host.run([program, ...args], { timeoutMs: versionMs, signal });
  signal.throwIfAborted();
  const fix = 'the image builder corrects version or versionCommand of this component, or builds the image anew';
  if (result.missing || result.timedOut || result.status !== 0) {
    const why = result.missing
      ? 'there is no such program'
      : result.timedOut
        ? 'no answer in time'
        : `status ${result.status}`;
    return [finding(component, 'could-not-tell', 'version-unknown', { observed: why, expected, fix })];
  }
  const said = `${result.stdout}\n${result.stderr}`;
  if (containsVersion(said, component.version)) return [];
  const observed = said.trim().slice(0, 200);
  return [finding(component, 'altered', 'version-differs', { observed, expected, fix })];
}

/** 1.3 is not found in 1.31.0 or 11.3. */
function containsVersion(said: string, version: string): boolean {
  const escaped = version.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![0-9.])${escaped}(?![0-9]|\\.[0-9])`).test(said);
}
