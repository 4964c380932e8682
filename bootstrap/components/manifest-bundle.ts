import { isCollection, isScalar, parseAllDocuments, visit } from 'yaml';
import { checkFile, couldNotTell } from './file-check.ts';
import { type Checker, type Finding, finding, ok } from './finding.ts';
import type { Manifest, ManifestBundleComponent } from './manifest.ts';

/** The file as declared, and every image that it names among those that the image holds. */
export const checkManifestBundle: Checker<ManifestBundleComponent> = async (component, context) => {
  const findings = await checkFile(component, component, context);
  if (findings.length === 0 && context.depth !== 'quick') {
    try {
      const text = (await context.host.files.readText(component.path)) ?? '';
      findings.push(...checkImages(component, listImages(text), context.manifest));
    } catch (error) {
      findings.push(couldNotTell(component, component.path, error));
    }
  }
  return findings.length === 0 ? [ok(component)] : findings;
};

/** The value of every `image:` key with a text, in all YAML documents of the bundle; sorted, each once. */
export function listImages(text: string): string[] {
  const images = new Set<string>();
  for (const document of parseAllDocuments(text, { logLevel: 'silent' })) {
    if (!('contents' in document) || !isCollection(document.contents)) continue;
    visit(document, {
      Pair(_key, pair) {
        if (!isScalar(pair.key) || pair.key.value !== 'image' || !isScalar(pair.value)) return;
        if (typeof pair.value.value === 'string' && pair.value.value !== '') images.add(pair.value.value);
      },
    });
  }
  return [...images].sort();
}

/** Every image that the machine has without fetching it, by its full name. */
export function preloadedImages({ components }: Pick<Manifest, 'components'>): Set<string> {
  return new Set(
    components.flatMap(component => {
      if (component.kind === 'containerd-image') return [component.ref];
      return component.kind === 'oci-archive' ? component.images.map(({ ref }) => ref) : [];
    }),
  );
}

/** As containerd stores names: "nginx" is "docker.io/library/nginx:latest". */
export function fullName(image: string): string {
  const [first = '', ...rest] = image.split('/');
  const isHost = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  const named = isHost ? image : `docker.io/${rest.length === 0 ? 'library/' : ''}${image}`;
  const last = named.slice(named.lastIndexOf('/') + 1);
  return last.includes(':') || last.includes('@') ? named : `${named}:latest`;
}

function checkImages(component: ManifestBundleComponent, named: readonly string[], manifest: Manifest): Finding[] {
  const preloaded = preloadedImages(manifest);
  return [...new Set([...named, ...component.images])]
    .filter(image => !preloaded.has(fullName(image)))
    .map(image =>
      finding(component, 'missing', 'image-not-preloaded', {
        observed: `${component.path} names ${image}, which the image does not hold`,
        expected: `${fullName(image)} among the preloaded images`,
        fix: 'the image builder adds the image to components.yaml, or corrects the bundle',
      }),
    );
}
