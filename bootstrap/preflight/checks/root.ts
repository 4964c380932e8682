import { type Check, pass, skip } from '../check.ts';

/** Whoever works on a tree of files needs its files and nothing else. */
export const rootCheck: Check = {
  id: 'root',
  async run({ host, uid }) {
    if (uid === 0) return pass('user id 0');
    if (host.root !== '/') return skip(`user id ${uid}, and only files below ${host.root} are worked on`);
    return { status: 'fail', observed: `user id ${uid}`, fix: 'sudo conjurer preflight' };
  },
};
