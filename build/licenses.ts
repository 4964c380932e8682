import type { BundledPackage } from './packages.ts';

/** The licences of everything in the binary that is not ours, word for word. */
export function makeLicenses(packages: readonly BundledPackage[], nodeVersion: string, nodeLicense: string): string {
  const parts = [
    ...packages.map(p => ({ title: `${p.name} ${p.version} (${p.license})`, text: p.licenseText })),
    { title: `Node.js ${nodeVersion}, with the libraries that it holds`, text: nodeLicense.trim() },
  ];
  const rule = '='.repeat(80);
  const head = 'conjurer holds the following third-party software.\n';
  return (
    head + parts.map(({ title, text }) => `\n${rule}\n${title}\n${rule}\n\n${text.replaceAll('\r\n', '\n')}\n`).join('')
  );
}
