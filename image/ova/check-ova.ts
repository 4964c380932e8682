import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { checkDescriptor } from './check-descriptor.ts';
import { digestOf, parseManifest } from './manifest.ts';
import { readTar, type TarMember } from './tar.ts';
import { readVmdkHeader } from './vmdk.ts';

const maxTextBytes = 1024 * 1024;

/**
 * What is wrong with an OVA, as a hypervisor would read it: order of its files (DSP0243, 5.3), manifest, descriptor and
 * disks. [] is a good one. Throws where it is no tar, or a disk is no VMDK.
 */
export async function checkOva(path: string): Promise<string[]> {
  const members = await readTar(path);
  const [first, second, ...disks] = members;
  if (first === undefined || !first.name.endsWith('.ovf')) return ['the first file is not the descriptor'];
  const name = first.name.slice(0, -'.ovf'.length);
  const problems: string[] = [];
  if (second?.name !== `${name}.mf`) return [`the second file is not the manifest ${name}.mf`];
  if (basename(path) !== `${name}.ova`) problems.push(`its files are called ${name}, and it is not`);
  if (first.bytes > maxTextBytes || second.bytes > maxTextBytes) return ['descriptor or manifest are too large'];
  problems.push(...(await checkManifest(path, second, [first, ...disks])));
  const text = (await contentOf(path, first)).toString('utf8');
  const virtualSizes = new Map(disks.map(disk => [disk.name, virtualSizeOf(path, disk, problems)]));
  const files = disks.map(disk => ({ name: disk.name, bytes: disk.bytes, virtualBytes: virtualSizes.get(disk.name) }));
  return [...problems, ...checkDescriptor(text, files)];
}

async function checkManifest(path: string, manifest: TarMember, covered: readonly TarMember[]): Promise<string[]> {
  const parsed = parseManifest((await contentOf(path, manifest)).toString('utf8'));
  if (typeof parsed === 'string') return [parsed];
  const { digest, lines } = parsed;
  const problems: string[] = [];
  const names = lines.map(line => line.name);
  if (names.join(' ') !== covered.map(({ name }) => name).join(' ')) {
    problems.push(`the manifest covers ${names.join(', ')}, and not each file once, in their order`);
  }
  for (const { name, hex } of lines) {
    const member = covered.find(one => one.name === name);
    if (member !== undefined && (await digestOf(digest, streamOf(path, member))) !== hex) {
      problems.push(`${name} is not what the manifest says`);
    }
  }
  return problems;
}

function virtualSizeOf(path: string, disk: TarMember, problems: string[]): number | undefined {
  if (!disk.name.endsWith('.vmdk')) {
    problems.push(`${disk.name} is no VMDK`);
    return undefined;
  }
  const { version, isStreamOptimized, capacityBytes, descriptor } = readVmdkHeader(path, disk.offset);
  if (version < 3) problems.push(`${disk.name} is a VMDK of version ${version}; vSphere takes 3`);
  if (!isStreamOptimized || !descriptor.includes('createType="streamOptimized"')) {
    problems.push(`${disk.name} is not stream-optimized`);
  }
  if (!descriptor.includes(`"${disk.name}"`)) problems.push(`the descriptor in ${disk.name} names another file`);
  if (!/^ddb\.adapterType = "lsilogic"$/m.test(descriptor)) problems.push(`${disk.name} is for another controller`);
  return capacityBytes;
}

async function contentOf(path: string, member: TarMember): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of streamOf(path, member)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function streamOf(path: string, { offset, bytes }: TarMember): AsyncIterable<Buffer> {
  return createReadStream(path, { start: offset, end: offset + bytes - 1 });
}
