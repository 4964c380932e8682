import { type Check, pass, skip } from '../check.ts';

const DIRECTORY = '/etc/ssh';

/** Told by when the files were written; no key is read. */
export const sshHostKeysCheck: Check = {
  id: 'ssh-host-keys',
  async run({ host, disk, facts }) {
    const builtAt = (await facts()).image?.builtAt ?? null;
    if (host.root !== '/') return skip('this tree may be the template itself');
    const names = ((await disk.list(DIRECTORY)) ?? []).filter(name => /^ssh_host_\w+_key$/.test(name));
    if (names.length === 0) return skip(`there is no key in ${DIRECTORY}`);
    if (builtAt === null) return skip('no manifest says when the image was made');
    const infos = await Promise.all(names.map(name => disk.stat(`${DIRECTORY}/${name}`)));
    const old = names.filter((_, index) => (infos[index]?.mtimeMs ?? 0) < Date.parse(builtAt));
    if (old.length === 0) return pass(`${names.length} keys, made after the image`);
    const fix = 'rm /etc/ssh/ssh_host_*; ssh-keygen -A; systemctl restart ssh';
    return { status: 'warn', observed: `${old.join(', ')} made before the image (${builtAt})`, fix };
  },
};
