import { Withheld } from './redactor.ts';

const block = 512;
const largestMember = 64 * 1024 * 1024;

/**
 * A tar with every member redacted and its new size in its header. Only plain files and directories are carried over;
 * links and devices are left out, long names of other formats are withheld with the file.
 */
export async function* redactTar(
  source: AsyncIterable<Uint8Array>,
  redactName: (name: string) => string,
  redactMember: (content: Uint8Array) => AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const input = reader(source);
  for (;;) {
    const header = await input.take(block);
    if (header.length < block || header.every(byte => byte === 0)) break;
    const { name, size, type } = fieldsOf(header);
    const content = await input.take(Math.ceil(size / block) * block);
    if (content.length < size) throw new Withheld('it is a damaged tar');
    if (type === 'directory') yield headerFor(header, redactName(name), 0);
    if (type !== 'file') continue;
    const clean: Uint8Array[] = [];
    for await (const piece of redactMember(content.subarray(0, size))) clean.push(piece);
    const whole = Buffer.concat(clean);
    yield headerFor(header, redactName(name), whole.length);
    yield whole;
    yield Buffer.alloc((block - (whole.length % block)) % block);
  }
  yield Buffer.alloc(2 * block);
}

function fieldsOf(header: Buffer) {
  const text = (from: number, length: number) => header.toString('latin1', from, from + length).split('\0')[0] ?? '';
  const size = Number.parseInt(text(124, 12).trim() || '0', 8);
  const flag = text(156, 1);
  if (!Number.isSafeInteger(size) || size < 0) throw new Withheld('it is a damaged tar');
  if (size > largestMember) throw new Withheld('a file in it is too large');
  if ('LKxg'.includes(flag) && flag !== '') throw new Withheld('it is a tar with names that cannot be checked');
  const prefix = text(345, 155);
  const type = flag === '5' ? 'directory' : flag === '' || flag === '0' ? 'file' : 'other';
  return { name: prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`, size, type } as const;
}

/** Owner and link names could hold anything, and are left out. */
function headerFor(old: Buffer, name: string, size: number): Buffer {
  const header = Buffer.alloc(block);
  const bytes = Buffer.from(name, 'latin1');
  if (bytes.length > 100) throw new Withheld('a name in it is too long');
  bytes.copy(header, 0);
  old.copy(header, 100, 100, 124);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1');
  old.copy(header, 136, 136, 148);
  old.copy(header, 156, 156, 157);
  header.write('ustar\x0000', 257, 'latin1');
  header.fill(32, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

function reader(source: AsyncIterable<Uint8Array>) {
  const pieces = source[Symbol.asyncIterator]();
  let held: Uint8Array[] = [];
  let length = 0;
  return {
    /** So many bytes, or what is left. */
    async take(wanted: number): Promise<Buffer> {
      while (length < wanted) {
        const next = await pieces.next();
        if (next.done === true) break;
        held.push(next.value);
        length += next.value.length;
      }
      const all = Buffer.concat(held);
      held = [all.subarray(wanted)];
      length = Math.max(0, all.length - wanted);
      return all.subarray(0, wanted);
    },
  };
}
