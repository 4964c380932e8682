import type { WorkloadImage } from './addons/workload-image.ts';

/** Any image that the machine holds: one of Kubernetes itself, too. */
export interface ContainerImage extends Omit<WorkloadImage, 'group'> {
  readonly group: WorkloadImage['group'] | 'kubernetes';
}

/** Where the machine keeps the archive of an image. */
export function archivePath({ name }: Pick<ContainerImage, 'name'>): string {
  return `/usr/share/conjurer/images/${name}.tar`;
}
