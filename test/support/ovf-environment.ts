import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An OVF environment as vCenter writes it: properties of this machine, and those of a sibling in the same vApp. */
export function ovfEnvironment(properties: Readonly<Record<string, string>>): string {
  const lines = Object.entries(properties).map(
    ([key, value]) => `         <Property oe:key="${escaped(key)}" oe:value="${escaped(value)}"/>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<Environment
     xmlns="http://schemas.dmtf.org/ovf/environment/1"
     xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
     xmlns:oe="http://schemas.dmtf.org/ovf/environment/1"
     xmlns:ve="http://www.vmware.com/schema/ovfenv"
     oe:id=""
     ve:vCenterId="vm-35056">
   <PlatformSection>
      <Kind>VMware ESXi</Kind>
      <Version>5.5.0</Version>
      <Vendor>VMware, Inc.</Vendor>
      <Locale>en_US</Locale>
   </PlatformSection>
   <PropertySection>
${lines.join('\n')}
   </PropertySection>
   <ve:EthernetAdapterSection>
      <ve:Adapter ve:mac="00:50:56:00:00:01" ve:network="VM Network" ve:unitNumber="7"/>
   </ve:EthernetAdapterSection>
   <Entity oe:id="sibling">
      <PropertySection>
         <Property oe:key="conjurer.edgeName" oe:value="a-sibling"/>
      </PropertySection>
   </Entity>
</Environment>
`;
}

/** A CD with this as ovf-env.xml, as a hypervisor attaches it; gives the path of the image. */
export function ovfDisc(
  document: string,
  folder: string,
  options: readonly string[] = ['-r', '-J'],
  name = 'ovf-env.xml',
): string {
  const tree = mkdtempSync(join(tmpdir(), 'conjurer-disc-'));
  const image = join(folder, 'ovf-env.iso');
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(tree, name), document);
    execFileSync('xorriso', ['-as', 'mkisofs', '-quiet', '-V', 'OVF-TRANSPORT', ...options, '-o', image, tree], {
      stdio: 'pipe',
    });
  } finally {
    rmSync(tree, { recursive: true });
  }
  return image;
}

function escaped(text: string): string {
  return text.replace(/[&<>"\n]/g, character => `&#${character.charCodeAt(0)};`);
}

/** Why no CD can be made here; null: one can. */
export function discObstacle(): string | null {
  try {
    execFileSync('xorriso', ['-version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'there is no xorriso: apt-get install xorriso';
  }
}

/**
 * Puts what plays vmtoolsd into a tree that stands for a machine: it answers info-get with the text and takes info-set,
 * or refuses it as a hypervisor can. What it was last given is in the file that this returns.
 */
export function playTools(root: string, ovfEnv: string, { maySet = true } = {}): string {
  const folder = join(root, 'usr/lib/conjurer/stand-in');
  const held = join(folder, 'guestinfo.ovfEnv');
  mkdirSync(folder, { recursive: true });
  writeFileSync(held, ovfEnv);
  const script = `#!/bin/sh
case $2 in
  'info-get guestinfo.ovfEnv') grep -q '<' '${held}' || exit 1; cat '${held}' ;;
  'info-set guestinfo.ovfEnv '*) ${maySet} || exit 1; printf '%s' "\${2#info-set guestinfo.ovfEnv }" >'${held}' ;;
  *) exit 1 ;;
esac
`;
  writeFileSync(join(folder, 'vmtoolsd'), script, { mode: 0o755 });
  return held;
}
