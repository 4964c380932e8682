import { decodeBase64, type PemBlock, readPem } from '../pem.ts';
import { refusal } from './refusal.ts';

/** A whole file of eight large CAs is under 32 KiB. */
export const MAX_CREDENTIALS_BYTES = 128 * 1024;
const MAX_CAS = 8;

/** What the credentials file holds, by block, not yet looked into. */
export interface CredentialsBlocks {
  /** `der` is null where the block is not an ENCRYPTED PRIVATE KEY. */
  readonly key: { readonly label: string; readonly der: Buffer | null };
  readonly leaf: Buffer;
  readonly cas: readonly Buffer[];
  readonly enrollment: Buffer;
  readonly mac: Buffer;
  /** Every byte before the MAC block's first line: what the MAC covers. */
  readonly sealed: Buffer;
}

/** Splits the credentials file and checks that every block is there, once and in its place. Check `format`. */
export function readBlocks(file: Buffer): CredentialsBlocks {
  if (file.length === 0) throw broken('the credentials file is empty', '0 bytes', 'five or more PEM blocks');
  if (file.length > MAX_CREDENTIALS_BYTES) {
    throw broken('the credentials file is too large', `${file.length} bytes`, `at most ${MAX_CREDENTIALS_BYTES} bytes`);
  }
  const blocks = readPem(file);
  if (!Array.isArray(blocks)) {
    throw broken('the credentials file is not a row of PEM blocks', startOf(file) ?? blocks.fault, blocks.wanted);
  }
  checkOrder(blocks);
  const [key, leaf, ...rest] = blocks as [PemBlock, PemBlock, ...PemBlock[]];
  const [enrollment, mac] = rest.slice(-2) as [PemBlock, PemBlock];
  return {
    key: { label: key.label, der: key.label === 'ENCRYPTED PRIVATE KEY' ? decoded(key) : null },
    leaf: decoded(leaf),
    cas: rest.slice(0, -2).map(decoded),
    enrollment: decoded(enrollment),
    mac: decoded(mac),
    sealed: file.subarray(0, mac.start),
  };
}

function checkOrder(blocks: readonly PemBlock[]): void {
  const labels = blocks.map(block => (block.label.endsWith('PRIVATE KEY') ? 'PRIVATE KEY' : block.label));
  const count = (label: string) => labels.filter(each => each === label).length;
  for (const label of ['PRIVATE KEY', 'CONJURER ENROLLMENT', 'CONJURER MAC']) {
    if (count(label) !== 1) {
      throw miscounted(label === 'PRIVATE KEY' ? 'ENCRYPTED PRIVATE KEY' : label, count(label), 'exactly one');
    }
  }
  const certificates = count('CERTIFICATE');
  const wantedCas = `the bootstrap certificate and 1 to ${MAX_CAS} CA certificates`;
  if (certificates === 1) throw broken('the credentials file holds no CA certificate', '1 certificate', wantedCas);
  if (certificates < 2 || certificates > 1 + MAX_CAS) throw miscounted('CERTIFICATE', certificates, wantedCas);
  const order = [
    'PRIVATE KEY',
    ...Array<string>(certificates).fill('CERTIFICATE'),
    'CONJURER ENROLLMENT',
    'CONJURER MAC',
  ];
  const wrong = labels.findIndex((label, i) => label !== order[i]);
  if (wrong >= 0) {
    throw broken(
      'a block of the credentials file is out of place',
      `block ${wrong + 1} is ${labels[wrong]}`,
      order[wrong] ?? 'no further block: the MAC is the last',
    );
  }
}

function decoded(block: PemBlock): Buffer {
  const bytes = decodeBase64(block.body);
  if (bytes === null)
    throw broken(`the block ${block.label} is damaged`, 'text that is not base64', 'base64 with padding');
  return bytes;
}

function miscounted(label: string, count: number, wanted: string): Error {
  const what = count === 0 ? `has no block ${label}` : `has ${count} blocks ${label}`;
  return broken(`the credentials file ${what}`, `${count}`, wanted);
}

function broken(message: string, seen: string, wanted: string): Error {
  return refusal('format', message, {
    seen,
    wanted,
    next: 'download the credentials again and copy the whole file unopened, then: conjurer run',
  });
}

/** What an editor may have put in front, which no one sees. */
function startOf(file: Buffer): string | null {
  const start = file.subarray(0, 3).toString('hex');
  if (start === 'efbbbf') return 'a byte order mark before the first block: an editor has saved the file';
  if (start.startsWith('fffe') || start.startsWith('feff')) return 'UTF-16 text: an editor has saved the file';
  return null;
}
