import { OPERATOR_FOLDER, operatorProgram } from '../../operator-program.ts';
import type { ImageFile } from './workload-image.ts';

/** The reference operator as the program of a container. */
export async function operatorFiles(): Promise<readonly ImageFile[]> {
  const { script, node } = await operatorProgram('test/kubernetes/operator/main.ts');
  return [
    { path: `${OPERATOR_FOLDER}/operator.mjs`, mode: 0o644, content: script },
    { path: `${OPERATOR_FOLDER}/node`, mode: 0o755, content: node },
  ];
}
