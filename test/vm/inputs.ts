import { stringify } from 'yaml';
import type { Site } from './site.ts';

export interface CloudFile {
  readonly path: string;
  readonly permissions: string;
  readonly content: string;
}

/** A processor in software and a host that does other work make a disk look slow, which says nothing of conjurer. */
const preflight = {
  waive: [{ id: 'fsync', reason: 'emulated machine', author: 'test/vm', expires: '2099-12-31' }],
};

/** What a site adds to the image's own configuration, quick enough for a test: no spread over a fleet, no wait for NTP. */
export function siteFile(settings: Readonly<Record<string, unknown>>): CloudFile {
  return { path: '/etc/conjurer/conjurer.yaml.d/50-site.yaml', permissions: '0600', content: siteText(settings) };
}

/** The same as text, YAML. */
export function siteText(settings: Readonly<Record<string, unknown>>): string {
  const quick = { enrolment: { splaySeconds: 0, timeSyncSeconds: 0 }, firewall: { enabled: true }, preflight };
  return stringify({ ...quick, ...settings });
}

/** Passphrase and credentials, where conjurer looks for them. */
export function credentialFiles({ files }: Site, folder = '/etc/conjurer'): CloudFile[] {
  return [
    { path: `${folder}/passphrase`, permissions: '0400', content: files.passphrase },
    { path: `${folder}/credentials.pem`, permissions: '0400', content: files.credentials },
  ];
}

/** User-data of a machine of this site, as its admin writes it; an RSA host key takes ten seconds of each first boot. */
export function userData(site: Site, settings: Readonly<Record<string, unknown>>) {
  return { ssh_genkeytypes: ['ed25519'], write_files: [siteFile(settings), ...credentialFiles(site)] };
}
