import { checkFile } from './file-check.ts';
import { type CheckContext, type Checker, type Finding, isFailure, ok } from './finding.ts';
import type { OciArchiveComponent } from './manifest.ts';
import type { ReadArchive } from './oci/read-archive.ts';

/**
 * The archive as declared; at depth `deep` each declared image in it too, down to the last layer, in the one pass that
 * hashes the archive.
 */
export const checkOciArchive: Checker<OciArchiveComponent> = async (component, context) => {
  if (context.depth !== 'deep') return orOk(component, await checkFile(component, component, context));
  const { findInside } = await import('./oci/find-inside.ts');
  const { readArchive } = await import('./oci/read-archive.ts');
  const { root } = context.host;
  let read: ReadArchive | null = null;
  const readInto = async (path: string) => {
    read = await readArchive(path, { root, progress: context.progress, signal: context.signal });
    return read;
  };
  const hash: CheckContext['hash'] = path => context.hash(path, readInto);
  const findings = await checkFile(component, component, { ...context, hash });
  return orOk(component, [...findings, ...findInside(component, read)]);
};

function orOk(component: OciArchiveComponent, findings: Finding[]): Finding[] {
  return findings.some(isFailure) ? findings : [ok(component), ...findings];
}
