import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { parseAllDocuments } from 'yaml';

/**
 * What a throw-away tree has instead of a cluster and kubectl: the few calls that conjurer makes, on the objects in one
 * file of the tree. An object that is applied takes the fields that are set; nothing runs. What is in `kubectl.says` it
 * says and fails. Each command line is noted in `kubectl.argv`.
 */
export async function installKubectl(root: string): Promise<void> {
  const program = path.join(root, 'usr/bin/kubectl');
  await mkdir(path.dirname(program), { recursive: true });
  await mkdir(path.join(root, 'run/stand-in'), { recursive: true });
  await writeFile(program, `#!/bin/sh\nexec "${process.execPath}" "${import.meta.filename}" "${root}" "$@"\n`);
  await chmod(program, 0o755);
}

export interface StoredObject {
  kind: string;
  metadata: { name: string; namespace?: string; resourceVersion?: string; generation?: number; [key: string]: unknown };
  [key: string]: unknown;
}

/** What the cluster of this tree has. */
export async function readCluster(root: string): Promise<StoredObject[]> {
  const text = await readFile(file(root, 'cluster.json'), 'utf8').catch(() => '[]');
  return JSON.parse(text);
}

/** As a controller or a person would: the objects are these. */
export async function writeCluster(root: string, objects: readonly StoredObject[]): Promise<void> {
  await writeFile(file(root, 'cluster.json'), JSON.stringify(objects));
}

/** Every command line, one a line. */
export async function kubectlArgv(root: string): Promise<string[]> {
  const text = await readFile(file(root, 'kubectl.argv'), 'utf8').catch(() => '');
  return text.split('\n').filter(line => line !== '');
}

/** From now on it ends with 1 and says this; null: it works. */
export async function kubectlFails(root: string, says: string | null): Promise<void> {
  await writeFile(file(root, 'kubectl.says'), says ?? '');
}

function file(root: string, name: string): string {
  return path.join(root, 'run/stand-in', name);
}

async function main([root = '', ...argv]: string[]): Promise<void> {
  await writeFile(file(root, 'kubectl.argv'), `${argv.join(' ')}\n`, { flag: 'a' });
  const says = await readFile(file(root, 'kubectl.says'), 'utf8').catch(() => '');
  if (says !== '') return fail(says);
  const words = argv.filter((word, index) => !word.startsWith('-') && !takesValue(argv[index - 1]));
  const namespace = argv[argv.indexOf('-n') + 1] ?? '';
  const stored = await readCluster(root);
  if (words[0] === 'apply') return apply(root, stored, argv.includes('--dry-run=server'));
  if (argv.includes('-f')) return print(found(stored, await given()));
  const [, type = '', name] = words;
  const kind = kinds[type] ?? type;
  const fits = stored.filter(one => one.kind === kind && (one.metadata.namespace ?? '') === namespace);
  if (name === undefined) return print(fits, true);
  const object = fits.filter(({ metadata }) => metadata.name === name);
  if (object.length === 0 && !argv.includes('--ignore-not-found')) return fail(`Error from server (NotFound): ${name}`);
  print(object);
}

const kinds: Readonly<Record<string, string>> = {
  'daemonsets.apps': 'DaemonSet',
  'deployments.apps': 'Deployment',
  'statefulsets.apps': 'StatefulSet',
  pods: 'Pod',
  secret: 'Secret',
};

function takesValue(flag: string | undefined): boolean {
  return ['--kubeconfig', '--cache-dir', '-n', '-f', '-o', '-l'].includes(flag ?? '');
}

async function given(): Promise<StoredObject[]> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const documents = parseAllDocuments(Buffer.concat(chunks).toString('utf8'), { version: '1.1' });
  const objects = [...documents].map(document => document.toJS()).filter(object => object !== null);
  return objects.flatMap(object => (object.kind === 'List' ? object.items : [object]));
}

async function apply(root: string, stored: StoredObject[], isTrial: boolean): Promise<void> {
  const applied: StoredObject[] = [];
  const after = [...stored];
  for (const object of await given()) {
    const { namespace } = object.metadata;
    const known = after.some(({ kind, metadata }) => kind === 'Namespace' && metadata.name === namespace);
    if (namespace !== undefined && !known) {
      return fail(`Error from server (NotFound): namespaces "${namespace}" not found`);
    }
    const index = after.findIndex(one => nameOf(one) === nameOf(object));
    const before = after[index];
    const next = merge(before ?? { status: {} }, object) as StoredObject;
    const isNew = JSON.stringify(next) !== JSON.stringify(before);
    if (isNew && !isTrial) next.metadata.resourceVersion = String(Math.random());
    if (isNew && 'spec' in next) next.metadata.generation = (before?.metadata.generation ?? 0) + 1;
    applied.push(next);
    if (isTrial) continue;
    if (index === -1) after.push(next);
    else after[index] = next;
  }
  if (!isTrial) await writeCluster(root, after);
  print(applied);
}

function merge(before: unknown, after: unknown): unknown {
  if (!isRecord(before) || !isRecord(after)) return after;
  const merged: Record<string, unknown> = { ...before };
  for (const [key, value] of Object.entries(after)) merged[key] = merge(merged[key], value);
  return merged;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function found(stored: readonly StoredObject[], wanted: readonly StoredObject[]): StoredObject[] {
  const names = wanted.map(nameOf);
  return stored.filter(one => names.includes(nameOf(one)));
}

function nameOf({ kind, metadata }: StoredObject): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
}

function print(objects: readonly StoredObject[], isList = objects.length > 1): void {
  if (isList) process.stdout.write(JSON.stringify({ kind: 'List', items: objects }));
  else if (objects[0] !== undefined) process.stdout.write(JSON.stringify(objects[0]));
}

function fail(says: string): void {
  process.stderr.write(`${says}\n`);
  process.exitCode = 1;
}

// Last, since it needs all that is above.
if (process.argv[1] === import.meta.filename) await main(process.argv.slice(2));
