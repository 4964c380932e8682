import { X509Certificate } from 'node:crypto';
import { parse } from 'yaml';
import * as z from 'zod';
import type { Make } from '../collector.ts';

const directory = '/etc/kubernetes';

const Kubeconfig = z.object({
  'current-context': z.string().optional(),
  clusters: z
    .array(
      z.object({
        name: z.string(),
        cluster: z.object({
          server: z.string().optional(),
          'certificate-authority-data': z.string().optional(),
          'certificate-authority': z.string().optional(),
          'insecure-skip-tls-verify': z.boolean().optional(),
          'proxy-url': z.string().optional(),
        }),
      }),
    )
    .default([]),
  users: z
    .array(
      z.object({
        name: z.string(),
        user: z.record(z.string(), z.unknown()).default({}),
      }),
    )
    .default([]),
});

/** Of each kubeconfig who is called and how one is recognised there: never what one is recognised by. */
export const kubeconfigsText: Make = async ({ host: { files } }) => {
  const names = ((await files.list(directory)) ?? []).filter(name => name.endsWith('.conf'));
  if (names.length === 0) return null;
  const shapes: Record<string, unknown> = {};
  for (const name of names) shapes[name] = shapeOf((await files.readText(`${directory}/${name}`)) ?? '');
  return `${JSON.stringify(shapes, null, 2)}\n`;
};

function shapeOf(text: string): unknown {
  const parsed = Kubeconfig.safeParse(parsedYaml(text));
  if (!parsed.success) return { problem: 'it is not a kubeconfig', bytes: text.length };
  const { clusters, users } = parsed.data;
  return {
    context: parsed.data['current-context'] ?? null,
    clusters: clusters.map(({ name, cluster }) => ({
      name,
      server: cluster.server ?? null,
      authority: certificateIn(cluster['certificate-authority-data']) ?? cluster['certificate-authority'] ?? null,
      skipsVerification: cluster['insecure-skip-tls-verify'] ?? false,
      usesProxy: cluster['proxy-url'] !== undefined,
    })),
    users: users.map(({ name, user }) => ({
      name,
      by: Object.keys(user).sort(),
      certificate: certificateIn(user['client-certificate-data']) ?? pathOf(user['client-certificate']),
    })),
  };
}

function parsedYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return null;
  }
}

function certificateIn(data: unknown): unknown {
  if (typeof data !== 'string') return null;
  try {
    const certificate = new X509Certificate(Buffer.from(data, 'base64'));
    const { subject, validFrom, validTo, fingerprint256 } = certificate;
    return { subject: subject.split('\n').join(', '), validFrom, validTo, fingerprint256 };
  } catch {
    return 'not a certificate';
  }
}

function pathOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
