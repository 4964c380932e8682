import { type Check, onRunningSystem, pass, unknown } from '../check.ts';

/** The processor's architecture, in OCI's words. */
export const architectureCheck: Check = {
  id: 'architecture',
  run: onRunningSystem(async ({ facts, manifest }) => {
    const { arch } = (await facts()).os;
    if (arch === null) return unknown('the processor does not say');
    const image = (await manifest())?.os.arch ?? null;
    if (image === null || image === arch) return pass(arch);
    const fix = `deploy the VM from an image for ${arch}`;
    return { status: 'fail', observed: arch, required: `${image}, as the image's manifest says`, fix };
  }),
};
