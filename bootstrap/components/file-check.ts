import { AgentError } from '../errors.ts';
import type { FileInfo } from '../host/host.ts';
import { type CheckContext, type Finding, finding } from './finding.ts';
import type { Component } from './manifest.ts';

export interface ExpectedFile {
  readonly path: string;
  readonly sha256: string;
  readonly size?: number;
  /** Octal digits, as in "0755". */
  readonly mode?: string;
  readonly uid?: number;
}

const emptySha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/** Whether the file is there as declared; [] where it is. At depth `quick` it is read only if it may have changed. */
export async function checkFile(
  component: Component,
  expected: ExpectedFile,
  context: CheckContext,
): Promise<Finding[]> {
  try {
    const info = await context.host.files.stat(expected.path);
    const gross = findGross(component, expected, info);
    if (gross !== null || info === null) return gross === null ? [] : [gross];
    const content = await checkContent(component, expected, info, context);
    return [...findAttributes(component, expected, info), ...content];
  } catch (error) {
    return [couldNotTell(component, expected.path, error)];
  }
}

/** Why a file cannot be examined, as a finding. Only what is no AgentError is thrown on. */
export function couldNotTell(component: Component, path: string, error: unknown): Finding {
  if (!(error instanceof AgentError) || error.code === 'E_BUG') throw error;
  const changed = error.code === 'E_FILE_CHANGED';
  return finding(component, 'could-not-tell', changed ? 'changed-while-read' : 'unreadable', {
    observed: error.message,
    expected: `${path}, readable${changed ? ' and left alone' : ''}`,
    fix: error.next,
  });
}

function findGross(component: Component, { path, sha256, size }: ExpectedFile, info: FileInfo | null): Finding | null {
  const fix = `put ${path} back from the image, or deploy the VM again`;
  if (info === null) return finding(component, 'missing', 'file-missing', { observed: 'nothing', expected: path, fix });
  if (info.type !== 'file') {
    const observed = `${path} is a ${info.type}`;
    return finding(component, 'altered', 'not-a-file', { observed, expected: 'a plain file', fix });
  }
  if (info.size === 0 && sha256 !== emptySha256) {
    return finding(component, 'altered', 'file-empty', {
      observed: `${path} holds 0 bytes, as after a power cut or a copy of the disk of a running machine`,
      expected: size === undefined ? `sha256 ${sha256}` : `${size} bytes`,
      fix,
    });
  }
  if (size === undefined || info.size === size) return null;
  const observed = `${path} holds ${info.size} bytes`;
  return finding(component, 'altered', 'size-differs', { observed, expected: `${size} bytes`, fix });
}

function findAttributes(component: Component, { path, mode, uid }: ExpectedFile, info: FileInfo): Finding[] {
  const findings: Finding[] = [];
  const seen = info.mode.toString(8).padStart(4, '0');
  if (mode !== undefined && info.mode !== Number.parseInt(mode, 8)) {
    const told = { observed: `mode ${seen}`, expected: `mode ${mode}`, fix: `chmod ${mode} ${path}` };
    findings.push(finding(component, 'altered', 'mode-differs', told));
  }
  if (uid !== undefined && info.uid !== uid) {
    const told = { observed: `owner ${info.uid}`, expected: `owner ${uid}`, fix: `chown ${uid} ${path}` };
    findings.push(finding(component, 'altered', 'owner-differs', told));
  }
  return findings;
}

async function checkContent(
  component: Component,
  { path, sha256 }: ExpectedFile,
  info: FileInfo,
  context: CheckContext,
): Promise<Finding[]> {
  const fix = `put ${path} back from the image, or deploy the VM again`;
  const seen = context.depth === 'quick' ? context.known(path, info) : null;
  if (seen === sha256) return [];
  const hashed = await context.hash(path);
  if (hashed === null) {
    return [finding(component, 'missing', 'file-missing', { observed: 'nothing', expected: path, fix })];
  }
  // What was hashed must be what a program would open by this path now.
  const after = await context.host.files.stat(path);
  const { inode, device, size } = hashed.info;
  if (after?.inode !== inode || after.device !== device || after.size !== size) {
    throw new AgentError('E_FILE_CHANGED', `${path} was replaced while it was read`, { data: { path } });
  }
  if (hashed.sha256 === sha256) return [];
  const told = { observed: `${path} has sha256 ${hashed.sha256}`, expected: `sha256 ${sha256}`, fix };
  return [finding(component, 'altered', 'digest-mismatch', told)];
}
