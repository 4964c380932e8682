import { type BaseBlock, fromBER } from 'asn1js';

/** The ASN.1 value that those bytes are, all of them, or null. (The parser throws on some foreign bytes.) */
export function readDer(bytes: Uint8Array): BaseBlock | null {
  try {
    const { offset, result } = fromBER(bytes);
    return offset === bytes.length ? result : null;
  } catch {
    return null;
  }
}
