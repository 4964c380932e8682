import { checkFile } from './file-check.ts';
import { type CheckContext, type Checker, type Finding, finding, isFailure, ok } from './finding.ts';
import type { ArchivedImage, OciArchiveComponent } from './manifest.ts';
import type { ArchiveProblem } from './oci/archive-problem.ts';
import type { Contents } from './oci/contents.ts';
import { checkLayoutImage } from './oci/layout-image.ts';
import { type ImageProblem, imageProblem } from './oci/problem.ts';
import { type ReadArchive, readArchive } from './oci/read-archive.ts';
import { checkSavedImage } from './oci/saved-image.ts';

/**
 * The archive as declared; at depth `deep` each declared image in it too, down to the last layer, in the one pass that
 * hashes the archive.
 */
export const checkOciArchive: Checker<OciArchiveComponent> = async (component, context) => {
  if (context.depth !== 'deep') return orOk(component, await checkFile(component, component, context));
  const { root } = context.host;
  let read: ReadArchive | null = null;
  const readInto = async (path: string) => {
    read = await readArchive(path, { root, progress: context.progress, signal: context.signal });
    return read;
  };
  const hash: CheckContext['hash'] = path => context.hash(path, readInto);
  const findings = await checkFile(component, component, { ...context, hash });
  return orOk(component, [...findings, ...inside(component, read)]);
};

function orOk(component: OciArchiveComponent, findings: Finding[]): Finding[] {
  return findings.some(isFailure) ? findings : [ok(component), ...findings];
}

function inside(component: OciArchiveComponent, read: ReadArchive | null): Finding[] {
  if (read === null) return [];
  const fix = `put ${component.path} back from the image, or deploy the VM again`;
  const told = (problem: ImageProblem) => {
    const { status, problem: id, observed, expected } = problem;
    return finding(component, status, id, { observed, expected, fix: status === 'note' ? null : fix });
  };
  const { problem, contents } = read;
  return (problem === null ? component.images.flatMap(image => checkImage(contents, image)) : [asTold(problem)]).map(
    told,
  );
}

/** Docker has written both layouts into one archive since version 25; containerd takes the image layout then. */
function checkImage(contents: Contents, image: ArchivedImage): ImageProblem[] {
  if (contents.file('index.json') !== null) return checkLayoutImage(contents, image);
  if (contents.file('manifest.json') !== null) return checkSavedImage(contents, image);
  const observed = 'neither index.json nor manifest.json';
  return [imageProblem('altered', 'archive-no-image', observed, 'an OCI image layout or an archive of docker save')];
}

function asTold({ problem, observed, expected }: ArchiveProblem): ImageProblem {
  return imageProblem(problem === 'archive-not-supported' ? 'could-not-tell' : 'altered', problem, observed, expected);
}
