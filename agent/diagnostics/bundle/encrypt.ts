import { Encrypter } from 'age-encryption';
import { AgentError } from '../../../bootstrap/errors.ts';

/** Encrypts a stream to age recipients. */
export type Encrypt = (bytes: AsyncIterable<Uint8Array>) => Promise<AsyncIterable<Uint8Array>>;

/** Throws E_BUNDLE_RECIPIENT for a text that is no recipient, before anything is collected. */
export function encryptTo(recipients: readonly string[]): Encrypt {
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch (error) {
      throw new AgentError('E_BUNDLE_RECIPIENT', `${recipient} is no age recipient`, {
        seen: error instanceof Error ? error.message : recipient,
        wanted: 'age1…, as age-keygen prints it after "public key:"',
        cause: error,
      });
    }
  }
  return async bytes => encrypter.encrypt(ReadableStream.from(bytes));
}
