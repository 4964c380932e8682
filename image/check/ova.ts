import { checkOva } from '../ova/check-ova.ts';
import type { Finding } from './check.ts';

/** What a hypervisor would refuse of an OVA: order of its files, manifest, descriptor, disk. */
export const ovaCheck = {
  id: 'ova',
  why: 'vSphere refuses the import, or takes a damaged disk for a whole one',
  fix: 'make it by npm run image; nothing in an OVA is changed by hand',
  find: async (path: string): Promise<Finding[]> => {
    const problems = await checkOva(path).catch((error: Error) => [error.message]);
    return problems.map(seen => ({ where: 'OVA', seen }));
  },
} as const;
