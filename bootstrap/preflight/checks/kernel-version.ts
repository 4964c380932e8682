import { type Check, onRunningSystem, pass, unknown } from '../check.ts';

export const kernelVersionCheck: Check = {
  id: 'kernel-version',
  run: onRunningSystem(async ({ facts, thresholds }) => {
    const { kernel } = await facts();
    const seen = numbers(kernel ?? '');
    if (kernel === null || seen === null) return unknown(`no version in "${kernel ?? ''}"`);
    const least = (await thresholds()).kernel;
    const required = `${least} or newer`;
    if (compare(seen, numbers(least) ?? []) >= 0) return pass(kernel, required);
    return {
      status: 'fail',
      observed: kernel,
      required,
      fix: 'install a newer kernel and restart, or use a newer image',
    };
  }),
};

/** "5.15.0-91-generic" → [5, 15, 0] */
function numbers(release: string): number[] | null {
  const found = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(release)?.slice(1);
  return found === undefined ? null : found.map(part => Number(part ?? 0));
}

function compare(a: readonly number[], b: readonly number[]): number {
  const index = [0, 1, 2].find(at => (a[at] ?? 0) !== (b[at] ?? 0));
  return index === undefined ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}
