/** A shape that the person who deploys the machine can choose. */
export interface Size {
  readonly id: 'small' | 'medium' | 'large';
  readonly label: string;
  readonly processors: number;
  readonly memoryMiB: number;
  /** Of the second disk, which is empty. The first one has the size of its content; it can be grown after deployment. */
  readonly dataGiB: number;
}

export const defaultSize: Size['id'] = 'small';

export const sizes: readonly Size[] = [
  { id: 'small', label: 'Small', processors: 2, memoryMiB: 4096, dataGiB: 20 },
  { id: 'medium', label: 'Medium', processors: 4, memoryMiB: 8192, dataGiB: 60 },
  { id: 'large', label: 'Large', processors: 8, memoryMiB: 16_384, dataGiB: 160 },
];
