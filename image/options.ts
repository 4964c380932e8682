import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readStamp } from '../build/stamp.ts';
import type { ImageFormat, ImageRequest } from './build-image.ts';
import { KUBERNETES_SUITE } from './kubernetes/programs.ts';
import { KERNELS, SUITES } from './release.ts';

const project = join(import.meta.dirname, '..');
const FORMATS: readonly ImageFormat[] = ['raw', 'qcow2', 'ova'];

export const USAGE = `usage: npm run image -- --version VERSION (--key FILE | --throw-away-key) [options]
  --version VERSION    of the image: 1.3.0 gives clusterimage-r-v1.3.0
  --key FILE           Ed25519 private key (PEM, 0600) that signs the manifest
  --throw-away-key     sign with a new key that is forgotten: for trials, not for sites
  --trust FILE         a further public key that may sign manifests; may be given again
  --out DIR            default: dist
  --format LIST        of ${FORMATS.join(', ')}; default: qcow2,ova
  --suite NAME         ${SUITES.join(', ')}; default: bookworm
  --kernel KIND        virtual: drivers of virtual machines only; generic: all; default: virtual
  --mirror URL|FILE    where the packages come from, or a file of sources.list lines; default: as apt of this machine
  --disk-size GIB      of the disk as a machine sees it; default: 10, with Kubernetes 16
  --binary FILE        conjurer for x64; default: dist/conjurer-linux-x64
  --kubernetes         with Kubernetes, its operator and addons, preloaded (bookworm only)
  --operator DIR       laid over the root instead of the reference operator
  --manifest-sha1      the OVA's .mf in SHA1, for vSphere 5.5
  --built-at TIME      time of all that is new in the image; default: that of the commit
  --cache DIR          where base root file systems are kept; default: conjurer in the user's cache directory
  --fresh              make the base (and Kubernetes) anew: the archive may have updates`;

/** Throws with the usage where an option is unknown, missing or has another form. */
export function parseOptions(argv: readonly string[]): Omit<ImageRequest, 'log'> {
  const { values } = explained(() => parseArgs({ args: [...argv], options: OPTIONS }));
  const version = values.version ?? refuse('--version is missing');
  if (!/^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$/.test(version)) refuse('--version takes MAJOR.MINOR.PATCH');
  if ((values.key === undefined) === !values['throw-away-key']) refuse('give one of --key and --throw-away-key');
  const diskGiB = Number(values['disk-size'] ?? (values.kubernetes ? '16' : '10'));
  if (!Number.isInteger(diskGiB) || diskGiB < 3 || diskGiB > 2048) refuse('--disk-size takes whole GiB, 3 to 2048');
  if (values.kubernetes && values.suite !== KUBERNETES_SUITE) refuse(`--kubernetes is made of ${KUBERNETES_SUITE}`);
  const builtAt = values['built-at'] ?? readStamp(project, { commit: undefined, builtAt: undefined }).builtAt;
  if (builtAt === null) refuse('this tree is no git repository: give --built-at');
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(builtAt)) refuse('--built-at takes UTC, as 2026-01-31T08:00:00Z');
  return {
    version,
    out: resolve(values.out),
    formats: values.format.split(',').map(name => oneOf('--format', FORMATS, name)),
    suite: oneOf('--suite', SUITES, values.suite),
    kernel: oneOf('--kernel', KERNELS, values.kernel),
    mirror: values.mirror ?? null,
    diskGiB,
    cacheDir: resolve(values.cache ?? defaultCache()),
    fresh: values.fresh,
    binary: resolve(values.binary ?? join(project, 'dist', 'conjurer-linux-x64')),
    kubernetes: values.kubernetes,
    operator: values.operator === undefined ? null : resolve(values.operator),
    signing: values.key === undefined ? 'throw-away' : { keyFile: resolve(values.key) },
    trustFiles: values.trust,
    manifestSha1: values['manifest-sha1'],
    builtAt,
  };
}

/** Where base root file systems are kept. */
export function defaultCache(): string {
  return join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'conjurer', 'image');
}

const OPTIONS = {
  version: { type: 'string' },
  key: { type: 'string' },
  'throw-away-key': { type: 'boolean', default: false },
  trust: { type: 'string', multiple: true, default: [] },
  out: { type: 'string', default: 'dist' },
  format: { type: 'string', default: 'qcow2,ova' },
  suite: { type: 'string', default: 'bookworm' },
  kernel: { type: 'string', default: 'virtual' },
  mirror: { type: 'string' },
  'disk-size': { type: 'string' },
  binary: { type: 'string' },
  kubernetes: { type: 'boolean', default: false },
  operator: { type: 'string' },
  'manifest-sha1': { type: 'boolean', default: false },
  'built-at': { type: 'string' },
  cache: { type: 'string' },
  fresh: { type: 'boolean', default: false },
} satisfies NonNullable<Parameters<typeof parseArgs>[0]>['options'];

function oneOf<Value extends string>(option: string, values: readonly Value[], given: string): Value {
  return values.find(value => value === given) ?? refuse(`${option} takes ${values.join(', ')}, not ${given}`);
}

function explained<Result>(parse: () => Result): Result {
  try {
    return parse();
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}

function refuse(reason: string): never {
  throw new Error(`${reason}\n${USAGE}`);
}
