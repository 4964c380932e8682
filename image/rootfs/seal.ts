import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { runProgram } from '../tool.ts';

export interface SealOptions {
  readonly root: string;
  readonly binary: string;
  /** components.yaml */
  readonly spec: string;
  /** RFC 3339, UTC. */
  readonly builtAt: string;
  /** PEM of the private key, mode 0600. */
  readonly keyFile: string;
  /** A directory for the declaration, which the image does not keep. */
  readonly workDir: string;
}

const Summary = z.object({ sha256: z.string(), keyId: z.string() });
export type Seal = z.infer<typeof Summary>;

/** Measures, signs and verifies the manifest of the image, with the conjurer that will read it on the machine. */
export function seal({ root, binary, spec, builtAt, keyFile, workDir }: SealOptions): Seal {
  const specFile = join(workDir, 'components.yaml');
  writeFileSync(specFile, spec);
  const manifest = (...args: string[]): string => runProgram(binary, ['--root', root, 'manifest', ...args, '--json']);
  manifest('create', '--spec', specFile, '--built-at', builtAt);
  manifest('sign', '--key', keyFile);
  return Summary.parse(JSON.parse(manifest('verify')));
}
