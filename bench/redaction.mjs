import { randomBytes } from 'node:crypto';
import { createRedactor } from '../agent/diagnostics/redaction/create-redactor.ts';

const MIB = 1024 * 1024;
const ROUNDS = 5;
const PIECE = 64 * 1024;
const LEAST = 200;

/**
 * MiB a second of processor time through the redactor and through the last scan, over text as a journal and pod logs have
 * it, in pieces of 64 KiB: clean text, and text of which one line in twenty holds a secret. `run([mebibytes])`, default 64.
 * Ends with status 1 if clean text is redacted at less than 200 MiB/s.
 */
export async function run([mebibytes = '64']) {
  const knownSecrets = Array.from({ length: 20 }, () => randomBytes(18).toString('base64'));
  const redactor = createRedactor({ salt: randomBytes(16), knownSecrets });
  const clean = text(Number(mebibytes) * MIB, 0);
  const secret = text(Number(mebibytes) * MIB, 20);
  const speed = line('clean text, redacted', clean, bytes => drain(redactor.file(), bytes));
  line('clean text, last scan', clean, bytes => drain(redactor.finalScan(), bytes));
  line('one line in 20 with a secret, redacted', secret, bytes => drain(redactor.file(), bytes));
  process.stdout.write(
    `peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB, of it ${mebibytes} MiB twice the text itself\n`,
  );
  if (speed < LEAST) {
    process.stderr.write(`clean text was redacted at ${speed.toFixed(0)} MiB/s, less than ${LEAST}\n`);
    process.exitCode = 1;
  }
}

function drain(file, bytes) {
  for (let at = 0; at < bytes.length; at += PIECE) file.push(bytes.subarray(at, at + PIECE));
  file.end();
}

function line(name, bytes, work) {
  const speeds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    work(bytes);
    const { user, system } = process.cpuUsage(before);
    speeds.push(bytes.length / MIB / ((user + system) / 1e6));
  }
  speeds.sort((a, b) => a - b);
  const median = speeds[Math.floor(ROUNDS / 2)];
  process.stdout.write(
    `${name.padEnd(42)} median ${median.toFixed(0).padStart(5)} MiB/s, least ${speeds[0].toFixed(0).padStart(5)}\n`,
  );
  return median;
}

/** Every `secretEvery`th line holds a secret; 0: none does. */
function text(bytes, secretEvery) {
  const out = Buffer.alloc(bytes);
  let at = 0;
  for (let count = 1; at < bytes; count++) {
    const kind = kinds[count % kinds.length];
    const written = secretEvery > 0 && count % secretEvery === 0 ? `x DB_PASSWORD=hunter${count}\n` : kind(count);
    at += out.write(written, at);
  }
  return out;
}

const kinds = [
  n =>
    `Nov 22 18:${n % 60} edge-1 kubelet[1234]: I1122 18:57:20.${n} 1234 reconciler_common.go:251] "operationExecutor.VerifyControllerAttachedVolume started for volume \\"kube-proxy\\" (UniqueName: \\"kubernetes.io/configmap/${n}-kube-proxy\\") pod \\"kube-proxy-${n}\\"" pod="kube-system/kube-proxy-${n}"\n`,
  n =>
    `2026-11-22T18:57:20.${n}Z stderr F I1122 18:57:20.1 1 main.go:12] Synced ${n} endpoints in 12.${n}ms from 10.244.0.${n % 250}:8080\n`,
  n =>
    `2026-11-22T18:57:20.${n}Z stderr F {"level":"info","ts":"2026-11-22T18:57:20.${n}Z","caller":"mvcc/hash.go:137","msg":"storing new hash","hash":${n},"revision":${n},"compact-revision":${n}}\n`,
  n =>
    `Nov 22 18:57:20 edge-1 containerd[900]: time="2026-11-22T18:57:20.${n}Z" level=info msg="StartContainer for \\"${n}fe0a\\" returns successfully"\n`,
  n =>
    `Nov 22 18:57:20 edge-1 systemd[1]: Started cri-containerd-${n}7031c1b283388d2c2e09b57.scope - libcontainer container ${n}.\n`,
];
