import { criNamespace, ctrOf, type ImageRecord } from '../../components/runtime/ctr.ts';
import { type Check, type Finding, pass, skip, unknown } from '../check.ts';
import { asDeclared, findRuntime, type Runtime } from '../cri.ts';

/** The image that each pod begins with is the one that containerd asks for, and is there. */
export const sandboxImageCheck: Check = {
  id: 'sandbox-image',
  limitMs: 15_000,
  async run({ host, disk, running, uid, manifest: readManifest }) {
    const manifest = await readManifest();
    const runtime = await findRuntime(host, disk, manifest);
    if (runtime === null) return skip('there is no containerd');
    const wanted = manifest?.kubernetes?.sandboxImage ?? null;
    const images = running !== null && uid === 0 ? await ctrOf(host, runtime.socket).images(criNamespace) : null;
    return asDeclared(runtime, judgeSandbox(runtime, wanted, images));
  },
};

/** `wanted` null: no manifest says. `images` null: nobody can be asked here; a text says why they cannot be told. */
export function judgeSandbox(
  { config, configPath }: Runtime,
  wanted: string | null,
  images: readonly ImageRecord[] | string | null,
): Finding {
  const restart = 'then: systemctl restart containerd';
  if (typeof config === 'string') return { status: 'fail', observed: config, fix: `correct ${configPath}, ${restart}` };
  const asked = config?.sandboxImage ?? null;
  if (wanted !== null && asked !== wanted) {
    const observed = `containerd asks for ${asked ?? 'its own default, since none is set'}`;
    const fix = `set the sandbox image to ${wanted} in ${configPath}, ${restart}`;
    return { status: 'fail', observed, required: wanted, fix };
  }
  if (asked === null)
    return skip("none is configured: containerd's own default, and no manifest says what is preloaded");
  if (images === null)
    return unknown(`containerd asks for ${asked}; whether it is there only root can see, on the system that runs`);
  if (typeof images === 'string') return unknown(`containerd asks for ${asked}; whether it is there: ${images}`);
  if (images.some(({ ref }) => ref === asked)) return pass(`${asked} is preloaded`, asked);
  const near = images.filter(({ ref }) => nameOf(ref) === nameOf(asked)).map(({ ref }) => ref);
  const observed = `${asked} is not there${near.length === 0 ? '' : `, but ${near.join(', ')}`}`;
  return { status: 'fail', observed, required: asked, fix: 'conjurer validate --repair' };
}

/** "registry.k8s.io/pause:3.9" is the pause of another tag or registry. */
function nameOf(ref: string): string {
  return (ref.split('/').at(-1) ?? ref).replace(/[:@].*$/, '');
}
