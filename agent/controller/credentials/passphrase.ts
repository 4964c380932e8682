import { refusal } from './refusal.ts';

const SHORTEST = 16;
const LONGEST = 1023;

/**
 * The passphrase in its file: the bytes up to one trailing LF or CR LF, as a view of the same memory.
 * Throws E_CREDENTIALS_INVALID, check `format`.
 */
export function readPassphrase(file: Buffer): Buffer {
  const passphrase = file.subarray(0, file.length - newlineAtEnd(file));
  const unwanted = passphrase.findIndex(byte => byte === 0x0a || byte === 0x0d || byte === 0x00);
  if (unwanted >= 0) {
    throw refusal('format', 'the passphrase file holds more than one line', {
      seen: `${nameOf(passphrase[unwanted])} at byte ${unwanted + 1}`,
      wanted: 'one line: only one newline, at the end, is taken off',
      next: 'write the passphrase alone on one line into its file, then: conjurer run',
    });
  }
  if (passphrase.length < SHORTEST || passphrase.length > LONGEST) {
    throw refusal('format', 'the passphrase has a length that the Controller does not make', {
      seen: `${passphrase.length} bytes`,
      wanted: `${SHORTEST} to ${LONGEST} bytes, without the newline at the end`,
      next: 'copy the passphrase file from the download again, then: conjurer run',
    });
  }
  return passphrase;
}

function newlineAtEnd(file: Buffer): number {
  if (file.at(-1) !== 0x0a) return 0;
  return file.at(-2) === 0x0d ? 2 : 1;
}

function nameOf(byte: number | undefined): string {
  if (byte === 0x00) return 'a NUL';
  return byte === 0x0a ? 'a line feed' : 'a carriage return';
}
