import type { ImageRequest } from '../build-image.ts';
import { type Release, releaseOf } from '../release.ts';

/** The release with the packages of this image. Debian has the plugins of CNI in /usr/lib/cni. */
export function releaseFor({
  suite,
  kernel,
  kubernetes,
}: Pick<ImageRequest, 'suite' | 'kernel' | 'kubernetes'>): Release {
  const release = releaseOf(suite, kernel);
  return kubernetes ? { ...release, packages: [...release.packages, 'containernetworking-plugins'] } : release;
}
