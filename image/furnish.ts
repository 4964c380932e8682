import { z } from 'zod';
import type { ImageRequest } from './build-image.ts';
import { installKubernetes } from './kubernetes/install.ts';
import type { KubernetesParts } from './kubernetes/parts.ts';
import { componentsYaml } from './rootfs/components.ts';
import { installConjurer, installTrust, nameImage } from './rootfs/install-conjurer.ts';
import { makeTemplate } from './rootfs/make-template.ts';
import { installOperator } from './rootfs/operator.ts';
import { type Seal, seal } from './rootfs/seal.ts';
import { openSigner, readPublicKeys } from './rootfs/signing.ts';
import { runProgram } from './tool.ts';

interface Place {
  readonly root: string;
  readonly workDir: string;
  readonly name: string;
  readonly buildId: string;
  /** null: no Kubernetes in it. */
  readonly parts: KubernetesParts | null;
}

const Version = z.object({ version: z.string() });

/** Makes the base root file system the one of the image: what is ours goes in, what is of the building goes out, sealed. */
export async function furnish(request: ImageRequest, { root, workDir, name, buildId, parts }: Place): Promise<Seal> {
  const { binary, log } = request;
  log(parts !== null ? 'conjurer, trust' : 'conjurer, operator, trust');
  const signer = openSigner(request.signing, workDir);
  installConjurer(root, binary);
  installTrust(root, [{ name: 'builder', pem: signer.publicPem }, ...readPublicKeys(request.trustFiles)]);
  // With Kubernetes the operator is a pod, unless another one was given.
  const referenceOperator = request.operator === null && parts === null;
  if (request.operator !== null || referenceOperator) await installOperator(root, request.operator);
  const kubernetes = parts === null ? null : await installKubernetes(root, parts, request);
  nameImage(root, name, request.version, buildId);
  log('manifest');
  const { version } = Version.parse(JSON.parse(runProgram(binary, ['--version', '--json'])));
  const spec = componentsYaml({ root, image: name, conjurerVersion: version, referenceOperator, kubernetes });
  const sealed = seal({ root, binary, spec, builtAt: request.builtAt, keyFile: signer.keyFile, workDir });
  // Last: what ran inside the tree may have left logs and notes.
  makeTemplate(root);
  return sealed;
}
