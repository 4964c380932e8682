import type { Stage } from '../stage.ts';
import { requireOk } from './report.ts';
import type { ValidateOptions } from './validate.ts';

export interface ComponentsStageOptions extends Pick<ValidateOptions, 'builtInKeys' | 'uid'> {
  /** Made anew for each validation. */
  progress(): ValidateOptions['progress'];
  /** Told in words where nothing could be validated. */
  remark(text: string): void;
}

/**
 * What the image should hold is there, unaltered: every byte of it at first boot, and afterwards what may have changed.
 * It changes nothing. Where the machine has no manifest it holds, and says so.
 */
export function componentsStage(options: ComponentsStageOptions): Stage<'components', never> {
  const { builtInKeys, uid, progress, remark } = options;
  return {
    name: 'components',
    needs: [],
    onFailure: 'keep',
    plan: async () => [],
    verify: async ({ host, signal }) => {
      const { validateComponents } = await import('./validate.ts');
      const validation = await validateComponents({
        host,
        depth: 'as-needed',
        builtInKeys,
        uid,
        background: false,
        progress: progress(),
        signal,
      });
      if (validation === null) {
        remark('this machine has no component manifest, so what it holds was not validated');
        return { manifest: 'absent' };
      }
      const { report } = validation;
      requireOk(report);
      const { image, buildId } = report.manifest;
      return { manifest: 'verified', image, buildId, depth: report.depth };
    },
  };
}
