import type { Image } from '../../agent/controller/protocol.ts';
import { Refusal } from './problems.ts';
import type { Cluster } from './records.ts';

/** Refuses an image that this Controller does not take. Compared as numbers: 1.10.0 is above 1.9.0. */
export function checkImage(image: Image | null, cluster: Cluster, controllerVersion: string): void {
  if (!image) return;
  if (cluster.blockedImages.includes(image.name)) {
    throw new Refusal('image_blocked', `${image.name} is blocked in cluster ${cluster.clusterId}`);
  }
  if (cluster.minImage && compareVersions(image.version, cluster.minImage) < 0) {
    throw new Refusal('image_too_old', `the image is ${image.version}, ${cluster.minImage} or later is needed`);
  }
  if (compareVersions(controllerVersion, image.minControllerVersion) < 0) {
    const needed = image.minControllerVersion;
    throw new Refusal('image_too_new', `the image needs Controller ${needed}, this is ${controllerVersion}`);
  }
}

/** Negative, zero or positive, as `a` is below, at or above `b`. Both are MAJOR.MINOR.PATCH. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split('.').map(Number), b.split('.').map(Number)];
  for (let part = 0; part < 3; part++) {
    const difference = (left[part] ?? 0) - (right[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
