import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { placeholders } from '../../../cloud-init/generate/fill.ts';
import { credentials, passphrase, sshKey, unpacked } from '../../cloud-init/generated.ts';

/** HashiCorp's own parser. Its types would bring those of browsers into the whole project. */
const { parse: parseHcl } = createRequire(import.meta.url)('@cdktf/hcl2json') as {
  parse(name: string, text: string): Promise<Record<string, Readonly<Record<string, unknown>>>>;
};
const examples = join(import.meta.dirname, '../../../cloud-init');
const text = (path: string) => readFileSync(join(examples, path), 'utf8');
const templates = [text('vsphere-guestinfo/userdata'), text('vsphere-guestinfo/metadata')];

describe('the example with govc', () => {
  let folder = '';
  const at = (name: string) => join(folder, name);

  /** What plays govc: notes each call, keeps what it is given as a file, and knows one machine already. */
  const govc = `#!/bin/sh
printf '%s\\n' "$*" >>"$LOG/calls"
case $1 in
find) [ "$5" != edge-007 ] || echo /vm/edge-007 ;;
vm.change) cp "\${5#*=}" "$LOG/$3.metadata"; cp "\${9#*=}" "$LOG/$3.userdata" ;;
esac
`;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'conjurer-govc-'));
    mkdirSync(at('bin'));
    mkdirSync(at('log'));
    writeFileSync(at('bin/govc'), govc);
    chmodSync(at('bin/govc'), 0o755);
    writeFileSync(at('passphrase'), `${passphrase}\r\n`);
    writeFileSync(at('credentials'), credentials);
    writeFileSync(at('key'), `${sshKey}\n`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const deploy = (more: Readonly<Record<string, string>> = {}) =>
    spawnSync('sh', [join(examples, 'govc/deploy.sh'), join(examples, 'govc/machines.csv')], {
      encoding: 'utf8',
      env: {
        PATH: `${at('bin')}:/usr/bin:/bin`,
        LOG: at('log'),
        TEMPLATE: 'clusterimage-r-v1.3.0',
        PASSPHRASE_FILE: at('passphrase'),
        CREDENTIALS_FILE: at('credentials'),
        SSH_KEY_FILE: at('key'),
        SSH_FROM: '10.0.0.0/8',
        NAMESERVER: '10.0.0.2',
        NTP_SERVER: '10.0.0.4',
        ...more,
      },
    });

  it('deploys a hundred machines, each told what is its own, and no secret in a command line', () => {
    const { status, stderr, stdout } = deploy();
    expect({ status, stderr, stdout }).toEqual({ status: 0, stderr: '', stdout: 'edge-007 is there already\n' });
    const calls = readFileSync(at('log/calls'), 'utf8');
    expect(calls.match(/^vm\.clone -vm clusterimage-r-v1\.3\.0 -on=false edge-\d{3}$/gm)).toHaveLength(99);
    expect(calls.match(/^vm\.power -on edge-\d{3}$/gm)).toHaveLength(99);
    expect(calls).not.toContain(Buffer.from(passphrase).toString('base64'));
    const told = readdirSync(at('log')).filter(name => name.endsWith('.userdata'));
    expect(told).toHaveLength(99);
    for (const name of told) {
      const edge = name.replace('.userdata', '');
      const userData = parse(unpacked(readFileSync(at(`log/${name}`), 'utf8')));
      const metadata = parse(unpacked(readFileSync(at(`log/${edge}.metadata`), 'utf8')));
      const number = Number(edge.slice(-3));
      expect(metadata).toMatchObject({ 'instance-id': edge, 'local-hostname': edge });
      expect(metadata.network.ethernets.ens192.addresses).toEqual([`10.0.0.${number + 9}/24`]);
      const [config, secret, pem] = userData.write_files;
      expect(parse(config.content)).toMatchObject({ edgeName: edge, proxy: { https: '' } });
      expect([unpacked(secret.content), unpacked(pem.content)]).toEqual([passphrase, credentials]);
      expect(userData.ssh_authorized_keys).toEqual([sshKey]);
    }
  }, 120_000);

  it('says what it needs', () => {
    const { status, stderr } = deploy({ NAMESERVER: '' });
    expect(status).not.toBe(0);
    expect(stderr).toContain('NAMESERVER: address of a name server');
  });
});

describe('the example with Terraform', () => {
  const parsed = (name: string) => parseHcl(name, text(`terraform/${name}`));

  it('is HCL, as its own parser reads it', async () => {
    expect(Object.keys(await parsed('main.tf')).toSorted()).toEqual([
      'data',
      'locals',
      'provider',
      'resource',
      'terraform',
    ]);
    await expect(parseHcl('x.tf', text('terraform/main.tf').replace('{', ''))).rejects.toThrow();
  });

  it('gives the templates each value that they ask for, and uses no variable that is not declared', async () => {
    const { locals } = await parsed('main.tf');
    const given = JSON.stringify(locals);
    const { variable } = await parsed('variables.tf');
    const used = new Set([...text('terraform/main.tf').matchAll(/\bvar\.(\w+)/g)].map(([, name]) => name));
    expect([...used].toSorted()).toEqual(Object.keys(variable ?? {}).toSorted());
    for (const name of templates.flatMap(placeholders)) expect(given).toMatch(new RegExp(`\\b${name}\\b`));
  });

  // No registry of packages has it: where it is there it is asked too, and its language is checked everywhere.
  if (spawnSync('terraform', ['version']).status !== 0) return;
  it('fills the templates in, as terraform itself does it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'conjurer-terraform-'));
    try {
      for (const name of ['machines.csv', 'variables.tf']) writeFileSync(join(folder, name), text(`terraform/${name}`));
      const [locals = ''] = /^locals \{[\s\S]*?^\}/m.exec(text('terraform/main.tf')) ?? [];
      writeFileSync(join(folder, 'main.tf'), locals.replace(/\$\{path\.module\}\/\.\./, examples));
      writeFileSync(join(folder, 'passphrase'), `${passphrase}\n`);
      writeFileSync(join(folder, 'credentials'), credentials);
      const settings = {
        ...{ vsphere_server: '', datacenter: '', cluster: '', datastore: '', portgroup: '', template: '' },
        ...{ passphrase_file: 'passphrase', credentials_file: 'credentials', ssh_public_key: sshKey },
        ...{ ssh_from: ['10.0.0.0/8'], nameservers: ['10.0.0.2'], ntp_servers: ['10.0.0.4'] },
      };
      writeFileSync(join(folder, 'terraform.tfvars.json'), JSON.stringify(settings));
      const name = (inner: string) => `$\{${inner}}`;
      const path = `"${name('local.templates')}/${name('f')}"`;
      const filled = `[for f in ["userdata", "metadata"] : templatefile(${path}, local.values["edge-042"])]`;
      const ask = `jsonencode([length(local.machines), ${filled}])`;
      const said = execFileSync('terraform', ['console'], { cwd: folder, input: ask, encoding: 'utf8', stdio: 'pipe' });
      const [count, [userdata, metadata]] = JSON.parse(JSON.parse(said));
      expect(count).toBe(100);
      expect(unpacked(parse(userdata).write_files[1].content)).toBe(passphrase);
      expect(parse(metadata)).toMatchObject({
        'instance-id': 'edge-042',
        network: { ethernets: { ens192: { addresses: ['10.0.0.51/24'], dhcp4: false } } },
      });
      execFileSync('terraform', ['fmt', '-check', join(examples, 'terraform')], { stdio: 'pipe' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
