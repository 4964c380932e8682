import { version } from '../../version.ts';
import type { CliCommand } from '../invocation.ts';

export const versionCommand: CliCommand = {
  name: 'version',
  summary: 'the same as --version',
  hidden: true,
  async run({ json, render }) {
    if (json) render.object({ schema: 'conjurer.version/v1', ...version });
    else {
      const { commit, builtAt, node, protocol } = version;
      render.text(
        `conjurer ${version.version} (commit ${commit}, built ${builtAt ?? 'from source'}, Node ${node}, protocol v${protocol})`,
      );
    }
    return 0;
  },
};
