import { type Check, type Finding, present } from './check.ts';
import type { Tree } from './tree.ts';

/** Who could get into every machine that is made from the image. */
export const accessChecks: readonly Check[] = [
  {
    id: 'root-not-locked',
    why: 'root could log in with a password that is the same on all machines',
    fix: 'passwd --lock root',
    find: tree => passwords(tree).filter(({ where }) => where === '/etc/shadow: root'),
  },
  {
    id: 'password',
    why: 'whoever knows the password of the image, or that there is none, is on all machines',
    fix: 'passwd --lock NAME; a site sets passwords by cloud-init',
    find: tree => passwords(tree).filter(({ where }) => where !== '/etc/shadow: root'),
  },
  {
    id: 'user',
    why: 'an account of the builder would be on all machines',
    fix: 'userdel --remove NAME; a site makes users by cloud-init',
    find: tree =>
      fields(tree, '/etc/passwd')
        .filter(([, , uid]) => Number(uid) >= 1000 && Number(uid) < 65000)
        .map(([name, , uid]) => ({ where: '/etc/passwd', seen: `${name}, uid ${uid}` })),
  },
  {
    id: 'authorized-keys',
    why: 'the owner of that key could log in to all machines',
    fix: 'rm -r /root/.ssh /home/*/.ssh; a site brings keys by cloud-init',
    find: tree =>
      ['/root', '/home', '/etc/ssh']
        .flatMap(directory => tree.files(directory))
        .filter(({ path, stats }) => /\/authorized_keys2?(\.d\/.*)?$/.test(path) && stats.size > 0)
        .map(({ path }) => ({ where: path, seen: 'holds keys' })),
  },
  {
    id: 'private-key',
    why: 'whoever has the image has this key, too',
    fix: 'delete it; what needs a key makes one at its first boot',
    find: tree =>
      ['/etc', '/root', '/home', '/opt', '/srv', '/var/lib', '/usr/local', '/usr/share/conjurer']
        .flatMap(directory => tree.files(directory))
        .filter(({ stats }) => stats.isFile() && stats.size > 0 && stats.size < LARGEST_KEY)
        // Host keys are a fault of their own.
        .filter(({ path }) => !/\/ssh_host_[^/]*_key$/.test(path))
        .filter(({ path }) => PRIVATE_KEY.test(tree.text(path) ?? ''))
        .map(({ path }) => ({ where: path, seen: 'holds a private key' })),
  },
  {
    id: 'enrolment-secrets',
    why: 'every machine could enrol in the cluster of the builder, and so could whoever has the image',
    fix: 'rm /etc/conjurer/passphrase /etc/conjurer/credentials.pem; a site brings them by cloud-init',
    find: tree =>
      present(tree, ['/etc/conjurer/passphrase', '/etc/conjurer/credentials.pem', '/etc/k8s-mgmt-operator']),
  },
];

const LARGEST_KEY = 64 * 1024;
const PRIVATE_KEY = /^-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----/m;

/** Accounts that a password opens, or that have none. */
function passwords(tree: Tree): Finding[] {
  return fields(tree, '/etc/shadow')
    .filter(([, hash]) => hash !== undefined && !/^[!*]/.test(hash))
    .map(([name, hash]) => ({
      where: `/etc/shadow: ${name}`,
      seen: hash === '' ? 'no password is asked' : 'a password',
    }));
}

function fields(tree: Tree, path: string): string[][] {
  return (tree.text(path) ?? '')
    .split('\n')
    .filter(line => line !== '')
    .map(line => line.split(':'));
}
