import { spawn, spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync, randomFillSync } from 'node:crypto';
import {
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';

const MiB = 1024 * 1024;
const PLATFORM = { os: 'linux', architecture: 'amd64' };
const block = randomFillSync(Buffer.alloc(MiB));
const QUICK_ROUNDS = 15;
const LIMITS = { ratio: 1.05, peakMiB: 150, flatMiB: 10, quickMs: 150 };
/** The larger ones in MiB, as they lie in an image of this kind; the rest are programs of 40 MiB. */
const ARCHIVES = [900, 640, 420, 380, 300, 260, 200, 180, 160, 120, 90, 60, 40];

/**
 * Full validation by the built binary against openssl and sha256sum over the same files, in turn, warm and cold, on one
 * processor and on all; its peak memory on all of the tree and on a quarter of it; and quick validation.
 * `--gigabytes` (default 4), `--rounds` (default 5 warm ones; half of that cold), `--dir` (on the disk that is to be
 * measured), `--binary`.
 */
export async function run(args) {
  const { values } = parseArgs({
    args,
    options: {
      gigabytes: { type: 'string', default: '4' },
      rounds: { type: 'string', default: '5' },
      dir: { type: 'string' },
      binary: { type: 'string' },
    },
  });
  const built = join(import.meta.dirname, '..', 'dist', `conjurer-linux-${process.arch}`);
  const binary = values.binary ?? built;
  if (!existsSync(binary)) throw new Error(`${binary} is missing; type: npm run build -- --host-only`);
  const folder = mkdtempSync(join(values.dir ?? tmpdir(), 'conjurer-bench-'));
  try {
    await measureAll(folder, binary, Number(values.gigabytes), Number(values.rounds));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureAll(folder, binary, gigabytes, rounds) {
  const whole = makeImage(join(folder, 'whole'), binary, gigabytes * 1024, null);
  const quarter = makeImage(join(folder, 'quarter'), binary, gigabytes * 256, whole);
  const cores = availableParallelism();
  say(`${whole.files.length} files, ${whole.files.reduce((sum, { mib }) => sum + mib, 0)} MiB, ${cores} processors`);
  say('');
  say('| cache, processors | conjurer validate | openssl dgst | ratio | sha256sum -c |');
  say('|---|---|---|---|---|');
  const ratios = [];
  for (const cold of [false, true]) {
    for (const processors of cores > 1 ? [cores, 1] : [1]) {
      ratios.push(await compare(whole, binary, cold, processors, cold ? Math.ceil(rounds / 2) : rounds));
    }
  }
  say('');
  const peaks = [];
  for (const image of [quarter, whole]) peaks.push((await time(validate(image, binary, [], 0))).peakMiB);
  say(`peak memory: ${peaks[0].toFixed(0)} MiB on a quarter of the tree, ${peaks[1].toFixed(0)} MiB on all of it`);
  const deep = await time(validate(whole, binary, ['--deep'], 0));
  say(`deep: ${(deep.milliseconds / 1000).toFixed(2)} s, peak memory ${deep.peakMiB.toFixed(0)} MiB`);
  must([binary, 'validate', '--root', whole.root]);
  const quick = [];
  for (let round = 0; round < QUICK_ROUNDS; round++) {
    quick.push((await time(validate(whole, binary, ['--quick'], 0))).milliseconds);
  }
  say(
    `quick: median ${median(quick).toFixed(0)} ms, most ${Math.max(...quick).toFixed(0)} ms (${QUICK_ROUNDS} rounds)`,
  );
  judge('ratio to the fastest tool', Math.max(...ratios), LIMITS.ratio);
  judge('peak memory in MiB', Math.max(...peaks, deep.peakMiB), LIMITS.peakMiB);
  judge('growth of memory in MiB', peaks[1] - peaks[0], LIMITS.flatMiB);
  judge('quick validation in ms', median(quick), LIMITS.quickMs);
}

/** One row; gives the ratio of the medians, so that other load on the machine meets all in turn. */
async function compare(image, binary, cold, processors, rounds) {
  const peers = {
    conjurer: validate(image, binary, [], processors),
    openssl: openssl(image, processors),
    sha256sum: pinned(['sha256sum', '--quiet', '-c', image.sums], processors),
  };
  const times = Object.fromEntries(Object.keys(peers).map(name => [name, []]));
  for (let round = cold ? 0 : -1; round < rounds; round++) {
    // Each goes first in turn: what one has read the disk's own cache holds for the next.
    const names = Object.keys(peers);
    const turn = (round + names.length) % names.length;
    for (const name of [...names.slice(turn), ...names.slice(0, turn)]) {
      // It is several times slower than the others: two rounds tell enough.
      if (name === 'sha256sum' && (round < 0 || round > 1)) continue;
      if (cold) forget(image);
      const { milliseconds } = await time(peers[name]);
      if (round >= 0) times[name].push(milliseconds);
    }
  }
  const ratio = median(times.conjurer) / median(times.openssl);
  const seconds = name => `${(median(times[name]) / 1000).toFixed(2)} s`;
  say(
    `| ${cold ? 'cold' : 'warm'}, ${processors} | ${seconds('conjurer')} | ${seconds('openssl')} | ${ratio.toFixed(3)} | ${seconds('sha256sum')} |`,
  );
  return ratio;
}

function validate({ root }, binary, options, processors) {
  return pinned([binary, 'validate', '--json', '--root', root, ...options], processors);
}

/** On one processor one process for all files is fastest; on several one a file, the largest first. */
function openssl({ files }, processors) {
  const input = files.map(({ path }) => `${path}\0`).join('');
  const shares = processors === 1 ? ['-P1'] : ['-n1', `-P${processors}`];
  return { ...pinned(['xargs', '-0', ...shares, 'openssl', 'dgst', '-sha256'], processors), input };
}

/** 0: all processors. */
function pinned(argv, processors) {
  return { argv: processors === 1 ? ['taskset', '-c', '0', ...argv] : argv };
}

async function time({ argv: [program, ...args], input = '' }) {
  const startMs = performance.now();
  const child = spawn(program, args, { env: { PATH: process.env.PATH }, stdio: ['pipe', 'pipe', 'pipe'] });
  const output = [];
  child.stdout.on('data', piece => output.push(piece));
  child.stderr.on('data', piece => output.push(piece));
  child.stdin.end(input);
  let peakKib = 0;
  const looking = setInterval(() => {
    try {
      const [, kib] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
      peakKib = Math.max(peakKib, Number(kib ?? 0));
    } catch {
      // It has just ended.
    }
  }, 20);
  const status = await new Promise(resolve => child.on('exit', resolve));
  const milliseconds = performance.now() - startMs;
  clearInterval(looking);
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${Buffer.concat(output)}`);
  return { milliseconds, peakMiB: peakKib / 1024 };
}

/** Takes the files out of the page cache, without being root. */
function forget({ files }) {
  for (const { path } of files) must(['dd', `if=${path}`, 'iflag=nocache', 'count=0', 'status=none']);
}

/** An image of archives and programs with a signed manifest; `from`: made of links to the first files of another one. */
function makeImage(root, binary, mib, from) {
  for (const path of ['etc/conjurer/trust.d', 'usr/share/conjurer', 'usr/bin', 'var/lib/images']) {
    mkdirSync(join(root, path), { recursive: true, mode: 0o755 });
  }
  writeFileSync(join(root, 'etc/os-release'), 'ID=ubuntu\nVERSION_ID="22.04"\nBUILD_ID=bench\n');
  const files = from === null ? writeFiles(root, mib) : linkFiles(root, mib, from);
  const sums = join(root, '..', `${basename(root)}.sums`);
  const { stdout } = must(['openssl', 'dgst', '-sha256', '-r', ...files.map(({ path }) => path)]);
  writeFileSync(sums, stdout.replaceAll(' *', '  '));
  sign(root, binary, files);
  return { root, files, sums };
}

function writeFiles(root, mib) {
  const files = [];
  for (let left = mib; left > 0; ) {
    const size = Math.min(left, ARCHIVES[files.length] ?? 40);
    const isArchive = files.length < ARCHIVES.length;
    const path = join(root, isArchive ? `var/lib/images/${files.length}.tar` : `usr/bin/tool-${files.length}`);
    const file = openSync(path, 'w', 0o755);
    const image = isArchive ? writeArchive(file, size) : null;
    if (!isArchive) for (const piece of noise(size)) writeSync(file, piece);
    closeSync(file);
    files.push({ path, mib: size, image });
    left -= size;
  }
  must(['sync', '-f', root]);
  return files;
}

/** Another one for each size; the same piece is written over, so each is to be used at once. */
function* noise(mib) {
  for (let index = 0; index < mib; index++) {
    block.writeUInt32LE(mib * 10_000 + index);
    yield block;
  }
}

/** An image layout with one image of one layer; gives its digest. */
function writeArchive(file, mib) {
  const blob = content => ({ digest: sha256([content]), size: content.length });
  const layer = { digest: sha256(noise(mib)), size: mib * MiB };
  const config = json({ ...PLATFORM, rootfs: { type: 'layers', diff_ids: [layer.digest] } });
  const manifest = json({ schemaVersion: 2, config: blob(config), layers: [layer] });
  const index = json({ schemaVersion: 2, manifests: [{ ...blob(manifest), platform: PLATFORM }] });
  const put = (name, pieces, size) => {
    writeSync(file, tarHeader(name, size));
    for (const piece of pieces) writeSync(file, piece);
    writeSync(file, Buffer.alloc((512 - (size % 512)) % 512));
  };
  put(pathOf(layer.digest), noise(mib), layer.size);
  for (const content of [config, manifest]) put(pathOf(sha256([content])), [content], content.length);
  put('index.json', [index], index.length);
  writeSync(file, Buffer.alloc(1024));
  return blob(manifest).digest;
}

function tarHeader(name, size) {
  const header = Buffer.alloc(512);
  header.write(name);
  header.write('0000644\0', 100);
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  header.write('        ', 148);
  header.write('0', 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}

function pathOf(digest) {
  return `blobs/${digest.replace(':', '/')}`;
}

function sha256(pieces) {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return `sha256:${hash.digest('hex')}`;
}

function json(value) {
  return Buffer.from(JSON.stringify(value));
}

function linkFiles(root, mib, from) {
  const files = [];
  let left = mib;
  for (const { path, mib: size, image } of from.files) {
    if (size > left) continue;
    const linked = path.replace(from.root, root);
    linkSync(path, linked);
    files.push({ path: linked, mib: size, image });
    left -= size;
  }
  return files;
}

function sign(root, binary, files) {
  const components = files.map(({ path, image }, index) => ({
    ...{ name: `component-${index}`, group: 'kubernetes', path: path.slice(root.length), uid: process.getuid() },
    ...(image === null
      ? { kind: 'binary', version: '1.0.0' }
      : {
          kind: 'oci-archive',
          images: [{ ref: `registry.test/image-${index}:1`, digest: image, platform: 'linux/amd64' }],
        }),
  }));
  const spec = { schema: 'conjurer.components/v1', image: 'clusterimage-r-v1.3.0', arch: 'amd64', components };
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const [specFile, keyFile] = [`${root}.json`, `${root}.pem`];
  writeFileSync(specFile, JSON.stringify(spec));
  writeFileSync(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  writeFileSync(join(root, 'etc/conjurer/trust.d/bench.pem'), publicKey.export({ type: 'spki', format: 'pem' }));
  const here = ['--root', root];
  must([binary, 'manifest', 'create', ...here, '--spec', specFile, '--built-at', '2026-01-31T08:00:00Z']);
  must([binary, 'manifest', 'sign', ...here, '--key', keyFile]);
}

function must([program, ...args]) {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 64 * MiB });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
  return { stdout };
}

function judge(what, seen, limit) {
  if (seen <= limit) return;
  process.stderr.write(`${what}: ${seen.toFixed(2)}, more than ${limit}\n`);
  process.exitCode = 1;
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
