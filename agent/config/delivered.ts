import * as z from 'zod';
import { AgentError } from '../../bootstrap/errors.ts';
import type { Host } from '../../bootstrap/host/host.ts';
import type { OvfProperty } from '../../bootstrap/ovf/environment.ts';
import { findEnvironment } from '../../bootstrap/ovf/find-environment.ts';
import { paths } from './paths.ts';

/** What the hypervisor handed over for conjurer: the `conjurer.*` properties of an OVF environment. */
export interface Delivered {
  /** Property without its prefix → text: `edgeName`, `network.address`. Never a secret, never empty. */
  readonly settings: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Partial<Record<SecretName, Buffer>>>;
  /** null: as last seen, and nobody hands anything over now. */
  readonly source: DeliveredSource | null;
  readonly warnings: readonly string[];
}

export interface DeliveredSource {
  readonly transport: string;
  readonly document: string;
  /** Where in the document the secrets stand. */
  readonly secretProperties: readonly OvfProperty[];
}

export type SecretName = 'passphrase' | 'credentials';

/** What stays on the disk, so that a machine whose CD was taken out keeps its settings. */
export const RememberedDelivery = z.object({
  schema: z.literal('conjurer.delivered/v1'),
  settings: z.record(z.string(), z.string()),
  /** The files that were written from secrets; null: none was. A file that is another one now was put there by a person. */
  files: z.record(z.string(), z.object({ inode: z.number(), mtimeMs: z.number() })),
});
export type RememberedDelivery = z.infer<typeof RememberedDelivery>;

const prefix = 'conjurer.';
const secretNames: readonly SecretName[] = ['passphrase', 'credentials'];

/** Reads what is handed over now, else what was last. null: nothing ever was. Throws E_CONFIG_INVALID. */
export async function readDelivered(host: Pick<Host, 'root' | 'files' | 'run'>): Promise<Delivered | null> {
  const warnings: string[] = [];
  const found = await findEnvironment(host, text => warnings.push(text));
  if (found === null) return asLastSeen(host, warnings);
  const handed = await propertiesOf(found.transport, found.document);
  const properties = handed.filter(({ key }) => key.startsWith(prefix));
  if (properties.length === 0) return asLastSeen(host, warnings);
  const filled = properties
    .filter(({ value }) => value.trim() !== '')
    .map(property => ({ property, name: property.key.slice(prefix.length), value: property.value }));
  const isSecret = (name: string): name is SecretName => (secretNames as readonly string[]).includes(name);
  return {
    settings: Object.fromEntries(filled.filter(({ name }) => !isSecret(name)).map(({ name, value }) => [name, value])),
    secrets: Object.fromEntries(
      filled.flatMap(({ name, value }) => (isSecret(name) ? [[name, secretBytes[name](value)]] : [])),
    ),
    source: {
      ...found,
      secretProperties: filled.filter(({ name }) => isSecret(name)).map(({ property }) => property),
    },
    warnings,
  };
}

/** null: nothing is remembered, or it cannot be read, and the hypervisor is the one who knows. */
export async function readRemembered(files: Host['files']): Promise<RememberedDelivery | null> {
  try {
    const text = await files.readText(paths.delivered);
    return text === null ? null : RememberedDelivery.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof AgentError || error instanceof z.ZodError || error instanceof SyntaxError) return null;
    throw error;
  }
}

async function asLastSeen({ files }: Pick<Host, 'files'>, warnings: readonly string[]): Promise<Delivered | null> {
  const remembered = await readRemembered(files);
  if (remembered === null && warnings.length === 0) return null;
  return { settings: remembered?.settings ?? {}, secrets: {}, source: null, warnings };
}

/** What reads XML is loaded here, since most machines have none to read. */
async function propertiesOf(transport: string, document: string): Promise<OvfProperty[]> {
  const { readEnvironment } = await import('../../bootstrap/ovf/environment.ts');
  const { XmlError } = await import('../../bootstrap/ovf/xml.ts');
  try {
    return readEnvironment(document);
  } catch (error) {
    if (!(error instanceof XmlError)) throw error;
    throw new AgentError('E_CONFIG_INVALID', `the OVF environment on ${transport} cannot be read: ${error.message}`, {
      seen: `${document.length} characters`,
      wanted: 'an OVF environment as the hypervisor writes it',
      next: 'power the VM off and on, so that the hypervisor writes it anew, or take the CD out; then: conjurer run',
    });
  }
}

/** The credentials are sealed byte by byte, and an attribute of XML does not keep line ends: so they may come in base64. */
const secretBytes: Readonly<Record<SecretName, (value: string) => Buffer>> = {
  passphrase: value => Buffer.from(value, 'utf8'),
  credentials: value => {
    const packed = value.replaceAll(/\s/g, '');
    return /^[A-Za-z0-9+/]+={0,2}$/.test(packed) ? Buffer.from(packed, 'base64') : Buffer.from(value, 'utf8');
  },
};
