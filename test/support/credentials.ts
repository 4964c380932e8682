import { sampleRecipes } from './credentials-recipes.ts';
import { openWorkshop } from './credentials-workshop.ts';

/** What a reader finds in a good pair. `caSha256` is upper-case hex with colons, in file order. */
export interface AcceptedCredentials {
  readonly clusterId: string;
  readonly controllerUrls: readonly string[];
  readonly leafSpkiFingerprint: string;
  readonly caSha256: readonly string[];
}

/** How a bad pair is refused: the protocol's code, and the first check in its order that fails. */
export interface RefusedCredentials {
  readonly code: 'credentials_invalid' | 'credentials_changed' | 'credentials_expired' | 'passphrase_wrong';
  readonly check: string;
}

export interface CredentialsSample {
  readonly name: string;
  /** What is special about it. Everything else in it is right, its MAC included unless this says otherwise. */
  readonly why: string;
  readonly passphrase: Buffer;
  readonly credentials: Buffer;
  readonly expected: AcceptedCredentials | RefusedCredentials;
}

/** Pairs of passphrase and credentials, good and bad; `only` names those that are wanted (the strong ones are slow). */
export async function sampleCredentials(options: { only?: readonly string[] } = {}): Promise<CredentialsSample[]> {
  const recipes = sampleRecipes(await openWorkshop()).filter(({ name }) => options.only?.includes(name) ?? true);
  const unknown = options.only?.filter(name => !recipes.some(recipe => recipe.name === name)) ?? [];
  if (unknown.length > 0) throw new Error(`no such sample: ${unknown.join(', ')}`);
  const samples: CredentialsSample[] = [];
  for (const { name, why, passphrase, expected, make } of recipes) {
    samples.push({ name, why, passphrase: Buffer.from(passphrase), credentials: Buffer.from(await make()), expected });
  }
  return samples;
}
