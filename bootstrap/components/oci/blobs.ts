import type * as z from 'zod';
import type { Contents } from './contents.ts';
import type { Descriptor } from './image-documents.ts';
import { type ImageProblem, imageProblem } from './problem.ts';

/** Where an image layout keeps the blob of a digest. */
export function pathOf(digest: string): string {
  return `blobs/${digest.replace(':', '/')}`;
}

/** What is wrong with the blob that a descriptor leads to; null: it is there, byte for byte. */
export function blobProblem(contents: Contents, { digest, size }: Descriptor): ImageProblem | null {
  const blob = contents.file(pathOf(digest));
  if (blob === null) return imageProblem('missing', 'archive-blob-missing', `no ${pathOf(digest)}`, digest);
  const hash = digest.startsWith('sha512:') ? `sha512:${blob.sha512}` : `sha256:${blob.sha256}`;
  if (hash === digest && blob.size === size) return null;
  const observed = `${pathOf(digest)} has ${blob.size} bytes and digest ${hash}`;
  const problem = blob.size === 0 ? 'archive-blob-empty' : 'archive-blob-altered';
  return imageProblem('altered', problem, observed, `${size} bytes and digest ${digest}`);
}

/** A document of the archive, or why it cannot be read. */
export function parseStored<Schema extends z.ZodType>(
  contents: Contents,
  name: string,
  schema: Schema,
): z.infer<Schema> | string {
  const file = contents.file(name);
  if (file === null) return 'it is not there';
  if (file.json === null) return 'it is no JSON, or more than can be held';
  try {
    const parsed = schema.safeParse(JSON.parse(file.json.toString('utf8')));
    return parsed.success ? parsed.data : `${parsed.error.issues[0]?.path.join('.') || 'the whole'} does not fit`;
  } catch {
    return 'it is no JSON';
  }
}
