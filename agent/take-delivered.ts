import type { FileInfo } from '../bootstrap/host/host.ts';
import { withoutValues } from '../bootstrap/ovf/environment.ts';
import { replaceInTools } from '../bootstrap/ovf/find-environment.ts';
import type { Base } from './assemble.ts';
import { type Delivered, type RememberedDelivery, readRemembered, type SecretName } from './config/delivered.ts';
import type { InputFile } from './config/load.ts';
import { paths } from './config/paths.ts';

type Written = RememberedDelivery['files'];

/**
 * Makes its own what the hypervisor handed over: secrets go to their files, settings are remembered, and then the
 * secrets are blanked where the guest can do that. A machine that is enrolled needs no secrets, and a file that a person
 * put in place stays: what is on a CD cannot be corrected. Called under the run lock; changes nothing when called again.
 */
export async function takeDelivered(base: Base): Promise<void> {
  const { host, config, delivered } = base;
  if (delivered === null || delivered.source === null) return;
  const remembered = await readRemembered(host.files);
  const isEnrolled = (await host.files.stat(paths.nodeCertificate)) !== null;
  const inputs: Record<SecretName, InputFile> = {
    passphrase: config.passphraseFile,
    credentials: config.credentialsFile,
  };
  const files: Written = { ...remembered?.files };
  for (const [name, secret] of Object.entries(delivered.secrets) as [SecretName, Buffer][]) {
    const input = inputs[name];
    if (isEnrolled || input.from === 'typed') continue;
    const written = await writeInput(base, input, secret, files[name]);
    if (written === null) {
      base.bus.emit({
        type: 'remark',
        text: `${input.path} stays as it is: the OVF property conjurer.${name} differs`,
      });
    } else files[name] = written;
  }
  const now: RememberedDelivery = { schema: 'conjurer.delivered/v1', settings: delivered.settings, files };
  if (JSON.stringify(now) !== JSON.stringify(remembered)) {
    await host.files.write(paths.delivered, `${JSON.stringify(now)}\n`, 0o600);
    tellOfDisc(base, delivered);
  }
  await blank(base, delivered);
}

/** null: a person put another file there. */
async function writeInput(
  { host: { files } }: Base,
  { path }: InputFile,
  secret: Buffer,
  before: Written[string] | undefined,
): Promise<Written[string] | null> {
  const info = await files.stat(path);
  if (info !== null) {
    if (info.type === 'file' && (await files.read(path))?.equals(secret) === true) return before ?? mark(info);
    if (before === undefined || before.inode !== info.inode || before.mtimeMs !== info.mtimeMs) return null;
  }
  await files.write(path, secret, 0o400);
  const now = await files.stat(path);
  return now === null ? null : mark(now);
}

function mark({ inode, mtimeMs }: FileInfo): Written[string] {
  return { inode, mtimeMs };
}

async function blank({ host, bus }: Base, { source }: Delivered): Promise<void> {
  if (source === null || source.transport !== 'guestinfo.ovfEnv' || source.secretProperties.length === 0) return;
  if (await replaceInTools(host, withoutValues(source.document, source.secretProperties))) return;
  bus.emit({
    type: 'remark',
    text: 'the hypervisor does not let conjurer blank the passphrase in guestinfo.ovfEnv: empty it in the vApp properties of this VM',
  });
}

function tellOfDisc({ bus }: Base, { source }: Delivered): void {
  if (source === null || !source.transport.startsWith('/dev/') || source.secretProperties.length === 0) return;
  const text = `the passphrase or credentials are on the CD in ${source.transport}: disconnect it, and empty the vApp properties`;
  bus.emit({ type: 'remark', text });
}
