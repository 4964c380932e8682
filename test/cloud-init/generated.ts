import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from '../../cloud-init/generate/generate.ts';
import { parseOptions } from '../../cloud-init/generate/options.ts';

/** Of each way and file, what `npm run cloud-init` writes with these options beside the required ones. */
export function generated(...options: readonly string[]): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'conjurer-generated-'));
  try {
    const out = join(folder, 'out');
    writeFileSync(join(folder, 'passphrase'), `${passphrase}\n`);
    writeFileSync(join(folder, 'credentials'), credentials);
    writeFileSync(join(folder, 'key.pub'), `${sshKey}\n`);
    const required = ['--passphrase-file', join(folder, 'passphrase'), '--creds-file', join(folder, 'credentials')];
    const ways = ['nocloud', 'vsphere-guestinfo', 'vsphere-ovf'].flatMap(way => ['--for', way]);
    const given = options.map(option => (option === 'KEY' ? join(folder, 'key.pub') : option));
    generate(parseOptions(['--edge-name', 'Edge_1.a', ...required, '--out', out, ...ways, ...given]));
    return Object.fromEntries(
      readdirSync(out).flatMap(way =>
        readdirSync(join(out, way)).map(name => [`${way}/${name}`, readFileSync(join(out, way, name), 'utf8')]),
      ),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** With all that YAML, JSON, XML, sed or a template could take for something of theirs. */
export const passphrase = `correct "horse" & <battery> \\1 $& ${'$'}{hostname}`;
export const credentials = '-----BEGIN X-----\r\nAAAA\r\n-----END X-----\r\n';
export const sshKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5vZ3Jhbm5vdGF0aW9ucw admin@site';

/** Everything that can be asked for, with one card of a fixed address. */
export const everything = [
  ...['--address', '10.0.0.10/24', '--gateway', '10.0.0.1', '--nameservers', '10.0.0.2,10.0.0.3'],
  ...['--ntp', '10.0.0.4,ntp.example.com', '--proxy', 'http://proxy.example.com:3128', '--mac', '52:54:00:12:34:56'],
  ...['--ssh-key', 'KEY', '--ssh-from', '10.0.0.0/8,fd00::/8', '--data-disk', '/dev/sdb', '--size', 'large'],
];

/** Of the vApp properties by their name. */
export function propertiesOf(options: string | undefined): Record<string, string> {
  const { PropertyMapping } = JSON.parse(options ?? '') as { PropertyMapping: { Key: string; Value: string }[] };
  return Object.fromEntries(PropertyMapping.map(({ Key, Value }) => [Key, Value]));
}

export function unpacked(text: string | undefined): string {
  return Buffer.from(text ?? '', 'base64').toString('utf8');
}
