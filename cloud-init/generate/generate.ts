import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { environmentXml } from './environment-xml.ts';
import { fillJson, fillLines } from './fill.ts';
import type { Request, Way } from './options.ts';
import { writeIso } from './write-iso.ts';

const templates = join(import.meta.dirname, '..');

/** Writes what one machine is told, a folder for each way, and gives the paths. Throws where a CD cannot be made. */
export function generate({ ways, out, iso, values }: Request): string[] {
  return ways.flatMap(way => {
    const folder = resolve(out, way);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const files = filesOf[way](values);
    const written = Object.entries(files).map(([name, content]) => write(join(folder, name), content));
    if (!iso) return written;
    const disc = discOf[way]?.(values, files);
    if (disc === undefined) return written;
    const image = join(folder, disc.name);
    writeIso(image, disc.label, disc.files);
    return [...written, image];
  });
}

type Files = Readonly<Record<string, string>>;
type Values = Request['values'];

const lines = (path: string, values: Values) => fillLines(readFileSync(join(templates, path), 'utf8'), values);

const filesOf: Readonly<Record<Way, (values: Values) => Files>> = {
  nocloud: values => ({
    'user-data': lines('nocloud/user-data', values),
    'meta-data': lines('nocloud/meta-data', values),
    'network-config': lines('nocloud/network-config', values),
  }),
  'vsphere-guestinfo': values => ({
    userdata: lines('vsphere-guestinfo/userdata', values),
    metadata: lines('vsphere-guestinfo/metadata', values),
  }),
  'vsphere-ovf': values => {
    const template = readFileSync(join(templates, 'vsphere-ovf/options.json'), 'utf8');
    return { 'options.json': fillJson(template, withPacked(values)) };
  },
};

const discOf: Readonly<
  Partial<Record<Way, (values: Values, files: Files) => { name: string; label: string; files: Files }>>
> = {
  nocloud: (_, files) => ({ name: 'seed.iso', label: 'CIDATA', files }),
  'vsphere-ovf': (_, files) => {
    const { PropertyMapping } = JSON.parse(files['options.json'] ?? '') as {
      PropertyMapping: { Key: string; Value: string }[];
    };
    return { name: 'ovf-env.iso', label: 'OVF-TRANSPORT', files: { 'ovf-env.xml': environmentXml(PropertyMapping) } };
  },
};

/** Properties hold a list with commas alone, and files in base64. */
function withPacked(values: Values): Values {
  const packed = (text: string) => Buffer.from(text).toString('base64');
  return {
    ...values,
    ntp_servers: (values.ntp_servers ?? '').replaceAll(/['\s]/g, ''),
    config_base64: packed(lines('vsphere-ovf/config', values)),
    network_config_base64: packed(lines('vsphere-ovf/network-config', values)),
  };
}

function write(path: string, content: string): string {
  rmSync(path, { force: true });
  writeFileSync(path, content, { mode: 0o600 });
  return path;
}
