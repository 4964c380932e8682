/** By which CRI knows that an image is its own. */
export const criLabel = { name: 'io.cri-containerd.image', value: 'managed' } as const;

/** By which CRI tells kubelet that the image must survive its garbage collection. */
export const pinLabel = { name: 'io.cri-containerd.pinned', value: 'pinned' } as const;
