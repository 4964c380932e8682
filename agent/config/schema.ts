import * as z from 'zod';
import { NetworkSettings } from '../../bootstrap/network/settings.ts';
import { EdgeName } from '../controller/edge-name.ts';
import { Patience } from '../controller/patience.ts';
import { BundleSection } from './bundle-section.ts';
import { FirewallSection } from './firewall-section.ts';
import { paths } from './paths.ts';
import { PreflightSection } from './preflight-section.ts';

const seconds = z
  .int()
  .min(0)
  .max(7 * 24 * 3600);
const path = z.string().regex(/^\/[^\0]*$/, 'an absolute path');
const proxyUrl = z
  .string()
  .regex(/^$|^https?:\/\/[^\s/]+\/?$/, 'http://HOST:PORT or https://USER:PASSWORD@HOST:PORT, or "" for none');

const Enrolment = z.strictObject({
  splaySeconds: seconds
    .default(60)
    .describe('The first start waits a random time up to this, so that a fleet does not call at once. 0: no wait.'),
  deadlineSeconds: seconds
    .default(900)
    .describe('conjurer ends with status 69 when the Controller was unreachable for this long. 0: never.'),
  timeSyncSeconds: seconds
    .default(90)
    .describe('How long to wait for time synchronization before the first call. A site without NTP goes on after it.'),
  confirmSeconds: seconds
    .default(120)
    .describe('A new way to the Controller (its proxy) is taken back unless the Controller is reached in this time.'),
  heartbeatSeconds: z
    .int()
    .min(1)
    .max(3600)
    .default(60)
    .describe('How often the Controller hears from this machine until hand-off, give or take a fifth.'),
  patience: Patience.prefault({}).describe('How long and how often the Controller is asked again. Leave it alone.'),
});

const ProxySection = z.strictObject({
  http: proxyUrl.default('').describe('Proxy for http:// addresses. "": none.'),
  https: proxyUrl.default('').describe('Proxy for https:// addresses, the Controller too. "": none.'),
  noProxy: z
    .array(z.string().min(1))
    .default([])
    .describe('Names, suffixes (.example.com), addresses and CIDRs that are reached without the proxy.'),
  caFile: z
    .string()
    .regex(/^$|^\/[^\0]*$/, 'an absolute path, or "" for none')
    .default('')
    .describe('PEM file with the CA of the proxy itself, where it is spoken to by https. "": none.'),
});

const Log = z.strictObject({
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Lowest level that is logged.'),
});

/**
 * conjurer.yaml, its drop-ins, the environment and the flags, merged. `edgeName` is the only key without a default.
 * docs/conjurer.schema.json is made from here.
 */
export const ConfigFile = z.strictObject({
  edgeName: EdgeName.optional().describe('Name of this machine in its cluster, as the Controller shall show it.'),
  passphraseFile: path.default(paths.passphrase).describe('File with the passphrase of the credentials, 0400, root.'),
  credentialsFile: path.default(paths.credentials).describe('Credentials file of the cluster, 0400, owned by root.'),
  enrolment: Enrolment.prefault({}).describe('How this machine joins its cluster.'),
  network: NetworkSettings.prefault({}).describe('How this machine is connected. What is left out is left alone.'),
  firewall: FirewallSection.prefault({}).describe('What may come in from outside.'),
  proxy: ProxySection.prefault({}).describe('The way out to the Controller. Never taken from http_proxy and the like.'),
  preflight: PreflightSection.prefault({}).describe('What this machine must have, and which checks are waived.'),
  bundle: BundleSection.prefault({}).describe('What `conjurer bundle` collects for support, and for whom.'),
  log: Log.prefault({}).describe('What is written to /var/log/conjurer/conjurer.log.'),
});
export type ConfigFile = z.infer<typeof ConfigFile>;

/** Keys that may hold a password, and so may not come from the environment, which other processes can read. */
export function mayHoldSecret(key: string): boolean {
  return key === 'proxy' || key.startsWith('proxy.');
}
