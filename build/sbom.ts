import type { NodeBase } from './node-base.ts';
import type { BundledPackage } from './packages.ts';
import type { Stamp } from './stamp.ts';

/**
 * CycloneDX 1.6: what is inside the binaries. No serial number and no clock, so that it is the same for each build.
 * Node's own libraries come from the runtime itself (`process.versions`).
 */
export function makeSbom(
  stamp: Stamp,
  packages: readonly BundledPackage[],
  nodes: ReadonlyArray<Pick<NodeBase, 'version' | 'sha256'> & { name: string }>,
  libraries: Readonly<Record<string, string>>,
): string {
  const root = {
    'bom-ref': `conjurer@${stamp.version}`,
    type: 'application',
    name: 'conjurer',
    version: stamp.version,
  };
  const inside = listLibraries(libraries);
  const nodeRefs = nodes.map(node => purl(node.name, node.version));
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      ...(stamp.builtAt === null ? {} : { timestamp: stamp.builtAt }),
      component: {
        ...root,
        licenses: [{ license: { id: 'Apache-2.0' } }],
        properties: [{ name: 'conjurer:commit', value: stamp.commit }],
      },
    },
    components: [
      ...packages.map(p => ({
        'bom-ref': purl(p.name, p.version),
        type: 'library',
        name: p.name,
        version: p.version,
        purl: purl(p.name, p.version),
        licenses: [/ (OR|AND|WITH) /.test(p.license) ? { expression: p.license } : { license: { id: p.license } }],
        hashes: [integrityHash(p.integrity)],
      })),
      ...nodes.map(node => ({
        'bom-ref': purl(node.name, node.version),
        type: 'platform',
        name: 'node',
        version: node.version,
        purl: purl(node.name, node.version),
        cpe: `cpe:2.3:a:nodejs:node.js:${node.version}:*:*:*:lts:*:*:*`,
        licenses: [{ license: { id: 'MIT' } }],
        hashes: [{ alg: 'SHA-256', content: node.sha256 }],
      })),
      ...inside.map(({ ref, name, version }) => ({ 'bom-ref': ref, type: 'library', group: 'node', name, version })),
    ],
    dependencies: [
      {
        ref: root['bom-ref'],
        dependsOn: [...packages.filter(p => p.direct).map(p => purl(p.name, p.version)), ...nodeRefs],
      },
      ...packages.map(p => ({ ref: purl(p.name, p.version), dependsOn: p.imports.map(purlOf) })),
      ...nodeRefs.map(ref => ({ ref, dependsOn: inside.map(library => library.ref) })),
    ],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

/** `process.versions` also counts Node itself and two numbers that are no software: of the module and the C interface. */
function listLibraries(
  versions: Readonly<Record<string, string>>,
): Array<{ ref: string; name: string; version: string }> {
  return Object.entries(versions)
    .filter(([name, version]) => !['node', 'modules', 'napi'].includes(name) && version !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, version]) => ({ ref: `node/${name}@${version}`, name, version }));
}

function purl(name: string, version: string): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`;
}

function purlOf(nameAtVersion: string): string {
  const at = nameAtVersion.lastIndexOf('@');
  return purl(nameAtVersion.slice(0, at), nameAtVersion.slice(at + 1));
}

function integrityHash(integrity: string): { alg: string; content: string } {
  const at = integrity.indexOf('-');
  const alg = integrity.slice(0, at).replace('sha', 'SHA-');
  return { alg, content: Buffer.from(integrity.slice(at + 1), 'base64').toString('hex') };
}
