export interface ImageLabel {
  readonly name: string;
  readonly value: string;
}

/** By which CRI knows that an image is its own. */
export const criLabel: ImageLabel = { name: 'io.cri-containerd.image', value: 'managed' };

/** By which CRI tells kubelet that the image must survive its garbage collection. */
export const pinLabel: ImageLabel = { name: 'io.cri-containerd.pinned', value: 'pinned' };
