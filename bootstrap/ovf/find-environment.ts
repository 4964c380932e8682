import { AgentError } from '../errors.ts';
import type { Host, RunResult } from '../host/host.ts';
import { openVolume } from '../host/volume.ts';
import { readFromIso } from './iso9660.ts';
import { xmlLimits } from './xml-limits.ts';

/** The OVF environment as the hypervisor hands it over: what was asked for when this machine was deployed. */
export interface FoundEnvironment {
  readonly document: string;
  /** Over VMware's tools, or the device of the CD. */
  readonly transport: 'guestinfo.ovfEnv' | `/dev/${string}`;
}

/** Where a tree that stands for a machine keeps what plays VMware's tools in a test. */
export const standInTools = '/usr/lib/conjurer/stand-in/vmtoolsd';

const tools = '/usr/bin/vmtoolsd';
const fileName = 'ovf-env.xml';
const askMs = 5_000;

/**
 * Asks VMware's tools, then looks into each CD drive. null: nobody hands anything over. A drive that cannot be read,
 * or tools that do not answer, are told by `problem` and not thrown: most machines get their settings in another way.
 */
export async function findEnvironment(
  host: Pick<Host, 'root' | 'files' | 'run'>,
  problem: (text: string) => void,
): Promise<FoundEnvironment | null> {
  const told = await fromTools(host, problem);
  if (told !== null) return { document: told, transport: 'guestinfo.ovfEnv' };
  const names = ((await host.files.list('/dev').catch(() => null)) ?? []).filter(name => /^sr\d$/.test(name));
  for (const name of names) {
    const document = await fromDrive(host, `/dev/${name}`, problem);
    if (document !== null) return { document, transport: `/dev/${name}` };
  }
  return null;
}

/**
 * Replaces what VMware's tools hand over, until the machine is powered off. False where the hypervisor does not let the
 * guest do that.
 */
export async function replaceInTools(host: Pick<Host, 'root' | 'files' | 'run'>, document: string): Promise<boolean> {
  const set = await askTools(host, `info-set guestinfo.ovfEnv ${document}`);
  if (set?.status !== 0) return false;
  const now = await askTools(host, 'info-get guestinfo.ovfEnv');
  return now?.status === 0 && now.stdout.trim() === document.trim();
}

async function fromTools(
  host: Pick<Host, 'root' | 'files' | 'run'>,
  problem: (text: string) => void,
): Promise<string | null> {
  const answer = await askTools(host, 'info-get guestinfo.ovfEnv');
  if (answer === null || answer.missing) return null;
  if (answer.timedOut) problem(`vmtoolsd did not say within ${askMs / 1000} s whether there are OVF properties`);
  if (answer.status !== 0 || answer.stdout.length > xmlLimits.characters) return null;
  // What others leave where they have blanked it, such as "---", is no document.
  return answer.stdout.trimStart().startsWith('<') ? answer.stdout : null;
}

/** null: there are no tools, or nobody for them to ask: on another hypervisor they may only run into their time limit. */
async function askTools(
  { root, files, run }: Pick<Host, 'root' | 'files' | 'run'>,
  command: string,
): Promise<RunResult | null> {
  if (root === '/') {
    if ((await files.stat(tools)) === null) return null;
    const { stdout } = await run(['systemd-detect-virt', '--vm'], { timeoutMs: askMs });
    return stdout.trim() === 'vmware' ? run([tools, '--cmd', command], { timeoutMs: askMs }) : null;
  }
  const standIn = await files.stat(standInTools).catch(() => null);
  return standIn === null ? null : run([`${root}${standInTools}`, '--cmd', command], { timeoutMs: askMs });
}

async function fromDrive(
  { root }: Pick<Host, 'root'>,
  device: string,
  problem: (text: string) => void,
): Promise<string | null> {
  try {
    const volume = await openVolume(root, device);
    if (volume === null) return null;
    try {
      const bytes = await readFromIso(volume.readAt, fileName, xmlLimits.characters);
      return bytes === null ? null : bytes.toString('utf8');
    } finally {
      await volume.close();
    }
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    // Without rights on the drive nothing is wrong with it: conjurer status is for everyone.
    if (error.data.errno !== 'ENOMEDIUM' && error.data.errno !== 'EACCES') {
      problem(`OVF properties were looked for on ${device}: ${error.message}`);
    }
    return null;
  }
}
