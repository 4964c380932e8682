/** One PEM block. `body` is what stands between its two boundary lines, without line endings; `start` counts bytes. */
export interface PemBlock {
  readonly label: string;
  readonly body: string;
  readonly start: number;
}

/** Why a text is not a row of PEM blocks. */
export interface PemFault {
  readonly fault: string;
  readonly wanted: string;
}

/**
 * Reads a file that holds PEM blocks and nothing else: no text before, between or inside them, only white space after
 * the last. Lines may end in LF or CR LF. Bodies are not decoded.
 */
export function readPem(bytes: Buffer): PemBlock[] | PemFault {
  const blocks: PemBlock[] = [];
  let open: { label: string; lines: string[]; start: number } | null = null;
  for (const { text, number, start } of linesOf(bytes.toString('latin1'))) {
    const boundary = /^-----(BEGIN|END) ([A-Z0-9]+(?: [A-Z0-9]+)*)-----$/.exec(text);
    if (open === null) {
      if (boundary?.[1] === 'BEGIN') open = { label: boundary[2] ?? '', lines: [], start };
      else if (isBlank(bytes, start)) break;
      else return fault(number, 'text that is not part of a block', 'blocks only, with nothing before or between them');
    } else if (boundary === null) {
      open.lines.push(text);
    } else if (boundary[1] === 'END' && boundary[2] === open.label) {
      blocks.push({ label: open.label, body: open.lines.join(''), start: open.start });
      open = null;
    } else {
      return fault(number, text, `-----END ${open.label}-----`);
    }
  }
  if (open === null) return blocks;
  return { fault: `the file ends inside the block ${open.label}`, wanted: `-----END ${open.label}-----` };
}

/** The bytes of a base64 text in its one canonical form (RFC 4648: padded, no white space), or null. */
export function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return text.length > 0 && bytes.toString('base64') === text ? bytes : null;
}

/** One PEM block with 64 columns and LF. */
export function writePem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

function* linesOf(text: string): Generator<{ text: string; number: number; start: number }> {
  let start = 0;
  for (const [index, line] of text.split('\n').entries()) {
    yield { text: line.endsWith('\r') ? line.slice(0, -1) : line, number: index + 1, start };
    start += line.length + 1;
  }
}

function isBlank(bytes: Buffer, from: number): boolean {
  return bytes.subarray(from).every(byte => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
}

function fault(line: number, seen: string, wanted: string): PemFault {
  return { fault: `line ${line}: ${seen}`, wanted };
}
