import { basename, dirname } from 'node:path';
import { parse } from 'smol-toml';
import * as z from 'zod';
import type { Files } from '../../host/host.ts';

const MAX_FILES = 32;
const MAX_BYTES = 1024 * 1024;
/** Where a version keeps the settings of CRI: one plugin up to containerd 1.7, two since 2.0. */
const criPlugin = 'io.containerd.grpc.v1.cri';
const imagesPlugin = 'io.containerd.cri.v1.images';
const runtimePlugin = 'io.containerd.cri.v1.runtime';
const criNames = new Set(['cri', criPlugin, imagesPlugin, runtimePlugin]);

const Runtimes = z.object({
  default_runtime_name: z.string().default('runc'),
  runtimes: z
    .record(
      z.string(),
      z.object({ options: z.object({ SystemdCgroup: z.boolean().default(false) }).default({ SystemdCgroup: false }) }),
    )
    .default({}),
});
const noRuntimes = Runtimes.parse({});
const Cri = z.object({ sandbox_image: z.string().optional(), containerd: Runtimes.default(noRuntimes) });
const CriImages = z.object({ pinned_images: z.object({ sandbox: z.string().optional() }).default({}) });
const CriRuntime = z.object({ containerd: Runtimes.default(noRuntimes) });

type Document = { [key: string]: unknown };

const ConfigFile = z.object({
  version: z.int().optional(),
  root: z.string().optional(),
  imports: z.array(z.string()).default([]),
  disabled_plugins: z.array(z.string()).default([]),
  grpc: z.object({ address: z.string().optional() }).default({}),
  plugins: z.record(z.string(), z.unknown()).default({}),
});

/** What of containerd's configuration decides whether the preloaded images are of use. */
export interface ContainerdConfig {
  /** 1 where the file names none. */
  readonly version: number;
  readonly root: string;
  readonly address: string;
  /** Those entries of `disabled_plugins` that switch CRI off. */
  readonly criDisabledBy: readonly string[];
  /** Of the default runtime. */
  readonly systemdCgroup: boolean;
  readonly runtime: string;
  /** null: none is set, and containerd takes the one that it was built with. */
  readonly sandboxImage: string | null;
  /** The document with its imports merged in. */
  readonly effective: Readonly<Record<string, unknown>>;
}

/**
 * The configuration as containerd reads it: the file, then its `imports` over it, where lists are joined and a plugin's
 * section replaces the one before it. null: there is no such file. A text says what is wrong with it.
 */
export async function readContainerdConfig(files: Files, path: string): Promise<ContainerdConfig | string | null> {
  const documents: Document[] = [];
  const seen = new Set<string>();
  const pending = [path];
  for (let file = pending.shift(); file !== undefined; file = pending.shift()) {
    if (seen.has(file)) continue;
    seen.add(file);
    if (seen.size > MAX_FILES) return `${path} imports more than ${MAX_FILES} files`;
    const size = (await files.stat(file))?.size ?? 0;
    if (size > MAX_BYTES) return `${file} has ${size} bytes, more than a configuration may have`;
    const text = await files.readText(file);
    if (text === null) return file === path ? null : `${file} is imported and does not exist`;
    const document = parseToml(text);
    if (typeof document === 'string') return `${file}: ${document}`;
    const { data, error } = ConfigFile.safeParse(document);
    if (data === undefined) return `${file}: ${error.issues[0]?.path.join('.')} ${error.issues[0]?.message}`;
    documents.push(document);
    for (const pattern of data.imports) pending.push(...(await expand(files, dirname(file), pattern)));
  }
  return settingsOf(documents.reduce(mergeOver, {}), path);
}

/** A TOML document, or what is wrong with it. */
export function parseToml(text: string): Document | string {
  try {
    return parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `not TOML: ${reason.split('\n')[0]}`;
  }
}

function settingsOf(effective: Document, path: string): ContainerdConfig | string {
  const { version = 1, root = '/var/lib/containerd', ...rest } = ConfigFile.parse(effective);
  const { plugins, grpc, disabled_plugins } = rest;
  const cri = Cri.safeParse(plugins[criPlugin] ?? {});
  const images = CriImages.safeParse(plugins[imagesPlugin] ?? {});
  const runtime = CriRuntime.safeParse(plugins[runtimePlugin] ?? {});
  for (const { error } of [cri, images, runtime]) {
    if (error !== undefined) return `${path}: ${error.issues[0]?.path.join('.')} ${error.issues[0]?.message}`;
  }
  const isNew = version >= 3;
  const { default_runtime_name, runtimes } = (isNew ? runtime.data?.containerd : cri.data?.containerd) ?? noRuntimes;
  const sandboxImage = isNew ? images.data?.pinned_images.sandbox : cri.data?.sandbox_image;
  return {
    version,
    root,
    address: grpc.address ?? '/run/containerd/containerd.sock',
    criDisabledBy: disabled_plugins.filter(name => criNames.has(name)),
    systemdCgroup: runtimes[default_runtime_name]?.options.SystemdCgroup ?? false,
    runtime: default_runtime_name,
    sandboxImage: sandboxImage || null,
    effective,
  };
}

function mergeOver(below: Document, above: Document): Document {
  const merged: Document = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const before = merged[key];
    if (Array.isArray(before) && Array.isArray(value)) merged[key] = [...before, ...value];
    else if (isTable(before) && isTable(value)) merged[key] = { ...before, ...value };
    else merged[key] = value;
  }
  return merged;
}

function isTable(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** The files that an entry of `imports` names; of a pattern, only its last part may hold wildcards. */
async function expand(files: Files, from: string, pattern: string): Promise<string[]> {
  const path = pattern.startsWith('/') ? pattern : `${from}/${pattern}`;
  if (!/[*?]/.test(basename(path))) return [path];
  const source = basename(path)
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const shape = new RegExp(`^${source}$`);
  const names = (await files.list(dirname(path))) ?? [];
  return names.filter(name => shape.test(name)).map(name => `${dirname(path)}/${name}`);
}
