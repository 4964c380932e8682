import { type Finding, finding } from '../finding.ts';
import type { ArchivedImage, OciArchiveComponent } from '../manifest.ts';
import type { ArchiveProblem } from './archive-problem.ts';
import type { Contents } from './contents.ts';
import { checkLayoutImage } from './layout-image.ts';
import { type ImageProblem, imageProblem } from './problem.ts';
import type { ReadArchive } from './read-archive.ts';
import { checkSavedImage } from './saved-image.ts';

/** Each declared image of an archive that was read, down to the last layer. null: it was not read, nothing is known. */
export function findInside(component: OciArchiveComponent, read: ReadArchive | null): Finding[] {
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
