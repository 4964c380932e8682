import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import type { Files } from '../../../../bootstrap/host/host.ts';
import { paths } from '../../../config/paths.ts';
import type { Make } from '../collector.ts';

const directories = [
  '/etc/kubernetes/pki',
  '/etc/kubernetes/pki/etcd',
  '/var/lib/kubelet/pki',
  paths.stateDir,
  paths.operatorDir,
] as const;

/** Every certificate of the machine with what decides whether it is good; of a key only whether it fits. */
export const certificatesText: Make = async ({ host: { files, clock } }) => {
  const rows: string[] = [];
  for (const directory of directories) {
    for (const name of (await files.list(directory).catch(() => null)) ?? []) {
      if (/\.(crt|pem|cert)$/.test(name)) rows.push(...(await describe(files, `${directory}/${name}`, clock.now())));
    }
  }
  return rows.length === 0 ? null : rows.join('\n');
};

async function describe(files: Files, path: string, now: Date): Promise<string[]> {
  const info = await files.stat(path).catch(() => null);
  const text = await files.readText(path).catch(() => null);
  if (info === null || text === null) return [`${path}\n  cannot be read\n`];
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) return [`${path}\n  holds no certificate (${info.size} bytes)\n`];
  const fits = await keyFits(files, path, text, blocks[0] ?? '');
  const owner = `mode 0${info.mode.toString(8)}, owner ${info.uid}`;
  return blocks.map((block, index) => {
    const number = blocks.length === 1 ? '' : ` (${index + 1} of ${blocks.length})`;
    return [`${path}${number}`, ...linesOf(block, now), `  ${owner}${index === 0 ? `; ${fits}` : ''}`, ''].join('\n');
  });
}

function linesOf(pem: string, now: Date): string[] {
  try {
    const certificate = new X509Certificate(pem);
    const { subject, issuer, validFromDate, validToDate, subjectAltName, ca } = certificate;
    const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
    const state = now < validFromDate ? 'NOT YET VALID' : now > validToDate ? 'EXPIRED' : 'valid';
    return [
      `  subject ${oneLine(subject)}`,
      `  issuer ${oneLine(issuer)}`,
      `  names ${subjectAltName ?? 'none'}${ca ? '; an authority' : ''}`,
      `  ${validFromDate.toISOString()} to ${validToDate.toISOString()}: ${state}`,
      `  certificate SHA-256 ${certificate.fingerprint256}`,
      `  key SHA-256 ${createHash('sha256').update(spki).digest('hex')}`,
    ];
  } catch {
    return ['  cannot be parsed'];
  }
}

/** The key stands in the same file, as kubelet's does, or beside it. It is compared here and goes no further. */
async function keyFits(files: Files, path: string, text: string, leaf: string): Promise<string> {
  const inside = /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----/.exec(text)?.[0];
  const beside = await files.readText(path.replace(/\.(crt|pem|cert)$/, '.key')).catch(() => null);
  const key = inside ?? beside;
  if (key === null) return 'no key beside it';
  try {
    return new X509Certificate(leaf).checkPrivateKey(createPrivateKey(key)) ? 'its key fits' : 'ITS KEY DOES NOT FIT';
  } catch {
    return 'its key cannot be read';
  }
}

function oneLine(name: string): string {
  return name.split('\n').join(', ');
}
