import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { EdgeName } from '../../agent/controller/protocol.ts';

/** The ways in which a machine can be told; each is a folder beside this one. */
export const WAYS = ['nocloud', 'vsphere-guestinfo', 'vsphere-ovf'] as const;
export type Way = (typeof WAYS)[number];

export const USAGE = `usage: npm run cloud-init -- --edge-name NAME --passphrase-file FILE --creds-file FILE --out DIR [options]
  --edge-name NAME         name of the machine in its cluster
  --passphrase-file FILE   both as downloaded from the Controller
  --creds-file FILE
  --out DIR                gets a folder for each way; its files hold secrets and are for their owner alone
  --for WAY                ${WAYS.join(', ')}; may be given again; default: nocloud
  --iso                    also a CD: seed.iso (nocloud), ovf-env.iso (vsphere-ovf)
  --hostname NAME          default: the edge name in small letters
  --instance-id ID         default: the edge name
  --interface NAME         the network card; default: ens192
  --mac ADDRESS            nocloud: finds the card by this instead of by its name
  --address CIDR           as 10.0.0.10/24; default: DHCP
  --gateway ADDRESS        with --address
  --nameservers LIST       with commas
  --ntp LIST               time servers, with commas
  --proxy URL              on the way to the Controller
  --ssh-key FILE           a public key that may log in
  --ssh-from LIST          networks that may use ssh, with commas; default: none
  --data-disk DEVICE       make a file system on this empty disk, as /dev/sdb, and mount it at /srv/data
  --size SIZE              vsphere-ovf: small, medium, large; default: small
  --portgroup NAME         vsphere-ovf: network of the site; default: VM Network`;

const host = '[0-9A-Za-z.:-]+';
const list = (part: string) => z.string().regex(new RegExp(`^${part}(,${part})*$`));
const address = z.union([z.ipv4(), z.ipv6()]);

/** Each value goes into YAML and JSON as it is: so none may hold what means something there. */
const Options = z
  .strictObject({
    'edge-name': EdgeName,
    'passphrase-file': z.string(),
    'creds-file': z.string(),
    out: z.string().min(1),
    for: z.array(z.enum(WAYS)).default(['nocloud']),
    iso: z.boolean().default(false),
    hostname: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/)
      .optional(),
    'instance-id': z
      .string()
      .regex(/^[\w.:-]{1,128}$/)
      .optional(),
    interface: z
      .string()
      .regex(/^[A-Za-z0-9][\w.-]{0,14}$/)
      .default('ens192'),
    mac: z
      .string()
      .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i)
      .optional(),
    address: z.union([z.cidrv4(), z.cidrv6()]).optional(),
    gateway: address.optional(),
    nameservers: list(host).optional(),
    ntp: list(host).optional(),
    proxy: z
      .string()
      .regex(/^https?:\/\/[\w.:[\]-]+$/)
      .optional(),
    'ssh-key': z.string().optional(),
    'ssh-from': list('[0-9A-Fa-f.:]+/\\d{1,3}').optional(),
    'data-disk': z
      .string()
      .regex(/^\/dev\/[\w/-]+$/)
      .optional(),
    size: z.enum(['small', 'medium', 'large']).default('small'),
    portgroup: z
      .string()
      .regex(/^[^"\\$]+$/)
      .default('VM Network'),
  })
  .refine(({ address: own, gateway }) => (own === undefined) === (gateway === undefined), {
    message: '--address and --gateway go together',
    path: ['address'],
  });

export interface Request {
  readonly ways: readonly Way[];
  readonly out: string;
  readonly iso: boolean;
  /** Placeholder → text; '' leaves its line out. */
  readonly values: Readonly<Record<string, string>>;
}

/** Throws with the usage where an option is unknown, missing or has another form; with the path where a file is not there. */
export function parseOptions(argv: readonly string[]): Request {
  const parsed = Options.safeParse(argumentsOf(argv));
  if (!parsed.success) {
    const said = parsed.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`);
    throw new Error(`${said.join('\n')}\n${USAGE}`);
  }
  const given = parsed.data;
  const passphrase = readFileSync(given['passphrase-file'], 'utf8').replace(/\r?\n$/, '');
  const sshKey = given['ssh-key'] === undefined ? '' : publicKey(given['ssh-key']);
  return {
    ways: [...new Set(given.for)],
    out: given.out,
    iso: given.iso,
    values: {
      edge_name: given['edge-name'],
      passphrase,
      passphrase_base64: Buffer.from(passphrase).toString('base64'),
      credentials_base64: readFileSync(given['creds-file']).toString('base64'),
      hostname:
        given.hostname ??
        given['edge-name']
          .toLowerCase()
          .replaceAll(/[^a-z0-9]+/g, '-')
          .replace(/-$/, ''),
      instance_id: given['instance-id'] ?? given['edge-name'],
      interface: given.interface,
      mac: given.mac?.toLowerCase() ?? '',
      dhcp4: String(given.address === undefined),
      address: given.address ?? '',
      everywhere: (given.gateway ?? '').includes(':') ? '::/0' : '0.0.0.0/0',
      gateway: given.gateway ?? '',
      nameservers: quoted(given.nameservers),
      ntp_servers: quoted(given.ntp),
      proxy: given.proxy ?? '',
      ssh_key: sshKey,
      ssh_from: quoted(given['ssh-from']),
      data_disk: given['data-disk'] === undefined ? '' : dataDisk(given['data-disk']),
      size: given.size,
      portgroup: given.portgroup,
    },
  };
}

function argumentsOf(argv: readonly string[]) {
  try {
    const { values } = parseArgs({ args: [...argv], options: { ...OPTIONS } });
    return values;
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

const OPTIONS = Object.fromEntries(
  Object.keys(Options.shape).map(name => [
    name,
    name === 'iso' ? { type: 'boolean' as const } : { type: 'string' as const, multiple: name === 'for' },
  ]),
);

function quoted(given: string | undefined): string {
  return (given ?? '')
    .split(',')
    .filter(part => part !== '')
    .map(part => `'${part}'`)
    .join(', ');
}

function publicKey(file: string): string {
  const key = readFileSync(file, 'utf8').trim();
  if (/^[a-z0-9@.-]+ [A-Za-z0-9+/=]+( [\w@.+ -]*)?$/.test(key)) return key;
  throw new Error(`${file} holds no public key of ssh in one line`);
}

/**
 * Only a disk without a partition is given one, and only a partition without a file system gets this one: a new
 * instance-id, with which cloud-init does its first boot again, must not cost the data.
 */
function dataDisk(device: string): string {
  const partition = `${device}${/\d$/.test(device) ? 'p' : ''}1`;
  return `disk_setup: { ${device}: { table_type: gpt, layout: true, overwrite: false } }
fs_setup: [{ label: data, filesystem: ext4, device: ${device}, partition: auto, overwrite: false }]
mounts: [[${partition}, /srv/data, ext4, 'defaults,nofail,x-systemd.device-timeout=30', '0', '2']]`;
}
