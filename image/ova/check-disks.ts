import type { XmlElement } from '../../bootstrap/ovf/xml.ts';
import type { PackageFile } from './check-descriptor.ts';
import { attributeOf, childrenOf, fieldOf, repeated } from './ovf-element.ts';

/** References, disks and what uses them must be about the same files. */
export function checkDisks(envelope: XmlElement, machine: XmlElement, files: readonly PackageFile[]): string[] {
  const references = childrenOf(envelope, 'References').flatMap(one => childrenOf(one, 'File'));
  const disks = childrenOf(envelope, 'DiskSection').flatMap(one => childrenOf(one, 'Disk'));
  return [...checkFiles(references, files), ...disks.flatMap(disk => checkDisk(disk, references, files)), ...uses()];

  function uses(): string[] {
    const ids = disks.map(disk => attributeOf(disk, 'diskId') ?? '');
    const fileRefs = disks.flatMap(disk => attributeOf(disk, 'fileRef') ?? []);
    const items = childrenOf(machine, 'VirtualHardwareSection').flatMap(one => childrenOf(one, 'Item'));
    const used = items.flatMap(item => fieldOf(item, 'HostResource') ?? []);
    return [
      ...repeated(ids).map(id => `two disks have the id ${id}`),
      ...ids.filter(id => !used.includes(`ovf:/disk/${id}`)).map(id => `no machine has the disk ${id}`),
      ...used.filter(one => !ids.some(id => one === `ovf:/disk/${id}`)).map(one => `there is no disk behind ${one}`),
      ...references
        .map(file => attributeOf(file, 'id') ?? '')
        .filter(id => !fileRefs.includes(id))
        .map(id => `no disk uses the file ${id}`),
    ];
  }
}

function checkFiles(references: readonly XmlElement[], files: readonly PackageFile[]): string[] {
  const hrefs = references.map(file => attributeOf(file, 'href') ?? '');
  const order = hrefs.join(' ') === files.map(({ name }) => name).join(' ');
  return [
    ...repeated(references.map(file => attributeOf(file, 'id') ?? '')).map(id => `two files have the id ${id}`),
    ...(order ? [] : [`the package holds ${files.map(({ name }) => name).join(', ')}, and References others`]),
    ...references.flatMap(reference => {
      const [href, size] = [attributeOf(reference, 'href'), attributeOf(reference, 'size')];
      const file = files.find(({ name }) => name === href);
      return file === undefined || size === String(file.bytes) ? [] : [`${href} has ${file.bytes} bytes, not ${size}`];
    }),
  ];
}

function checkDisk(disk: XmlElement, references: readonly XmlElement[], files: readonly PackageFile[]): string[] {
  const [id, fileRef] = [attributeOf(disk, 'diskId'), attributeOf(disk, 'fileRef')];
  const bytes = capacityOf(disk);
  const problems: string[] = [];
  if (bytes === null) problems.push(`disk ${id}: the capacity is no number of bytes`);
  if (!/^https?:\/\/\S+$/.test(attributeOf(disk, 'format') ?? '')) problems.push(`disk ${id}: the format is no URI`);
  if (fileRef === undefined) return problems;
  const href = references.flatMap(one => (attributeOf(one, 'id') === fileRef ? (attributeOf(one, 'href') ?? []) : []));
  const file = files.find(({ name }) => name === href[0]);
  if (href.length === 0) problems.push(`disk ${id}: there is no file ${fileRef}`);
  if (file?.virtualBytes !== undefined && file.virtualBytes !== bytes) {
    problems.push(`disk ${id}: its file holds ${file.virtualBytes} bytes, not ${bytes}`);
  }
  return problems;
}

/** A number and a unit as in "byte * 2^30"; null where it is none, or not more than 0. */
function capacityOf(disk: XmlElement): number | null {
  const units = /^byte(?: \* 2\^([0-9]{1,2}))?$/.exec(attributeOf(disk, 'capacityAllocationUnits') ?? 'byte');
  const capacity = attributeOf(disk, 'capacity') ?? '';
  if (units === null || !/^[1-9][0-9]{0,15}$/.test(capacity)) return null;
  return Number(capacity) * 2 ** Number(units[1] ?? 0);
}
