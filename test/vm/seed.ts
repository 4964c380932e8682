import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { ovfEnvironment } from '../support/ovf-environment.ts';
import { probeCommand } from './probe.ts';

/** What cloud-init is given beside what the tests need for themselves. */
export interface NoCloudSeed {
  /** The machine's host name too. */
  readonly instanceId: string;
  readonly userData: Readonly<Record<string, unknown>>;
  /** null: cloud-init's own, DHCP on the first card. */
  readonly network?: Readonly<Record<string, unknown>> | null;
}

/** What an OVF environment may hold: cloud-init's own properties and those of conjurer. */
export type OvfSeed = Readonly<Record<string, string>>;

/** Writes the ISO of the NoCloud datasource. The probe comes as vendor-data, so that user-data is what a person writes. */
export function writeNoCloud(folder: string, { instanceId, userData, network = null }: NoCloudSeed): string {
  return writeIso(folder, 'cidata', {
    'meta-data': stringify({ 'instance-id': instanceId, 'local-hostname': instanceId }),
    'user-data': cloudConfig(userData),
    'vendor-data': cloudConfig({ bootcmd: [probeCommand()] }),
    ...(network === null ? {} : { 'network-config': stringify(network) }),
  });
}

/** Writes the ISO that vSphere puts into the CD drive of a machine whose descriptor asks for the transport "iso". */
export function writeOvfEnvironment(folder: string, properties: OvfSeed): string {
  const userData = Buffer.from(cloudConfig({ bootcmd: [probeCommand()] })).toString('base64');
  return writeIso(folder, 'OVF-TRANSPORT', { 'ovf-env.xml': ovfEnvironment({ ...properties, 'user-data': userData }) });
}

function writeIso(folder: string, label: string, files: Readonly<Record<string, string>>): string {
  const content = path.join(folder, 'seed');
  const iso = path.join(folder, 'seed.iso');
  rmSync(content, { recursive: true, force: true });
  mkdirSync(content, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(content, name), text);
  execFileSync('xorriso', ['-as', 'mkisofs', '-quiet', '-V', label, '-r', '-J', '-o', iso, content], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return iso;
}

function cloudConfig(document: Readonly<Record<string, unknown>>): string {
  return `#cloud-config\n${stringify(document)}`;
}
