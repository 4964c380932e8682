import { type Check, pass, unknown } from '../check.ts';

/** The releases that conjurer is made for, where no image says which one it is. */
const releases: Readonly<Record<string, readonly string[]>> = {
  ubuntu: ['18.04', '20.04', '22.04', '24.04'],
  debian: ['12'],
};

/** Of the image, which was tried as a whole, or one of those that conjurer is made for. */
export const supportedReleaseCheck: Check = {
  id: 'supported-release',
  async run({ facts, manifest }) {
    const { id, versionId, prettyName } = (await facts()).os;
    if (id === null) return unknown('os-release does not say what this is');
    const observed = prettyName ?? `${id} ${versionId ?? 'without a version'}`;
    const image = (await manifest())?.os ?? null;
    if (image !== null) {
      const required = `${image.id} ${image.versionId}, as the image's manifest says`;
      if (image.id === id && image.versionId === versionId) return pass(observed, required);
      return { status: 'fail', observed, required, fix: 'deploy the VM from the image again' };
    }
    if (versionId !== null && releases[id]?.includes(versionId)) return pass(observed);
    return { status: 'fail', observed, fix: 'deploy the VM from an image with a release that is supported' };
  },
};
