import { resolve } from 'node:path';
import { AgentError } from '../../bootstrap/errors.ts';
import { nodeDisk } from '../../bootstrap/host/disk.ts';
import { createFiles } from '../../bootstrap/host/files.ts';
import type { Files, Host } from '../../bootstrap/host/host.ts';
import type { Delivered } from './delivered.ts';
import { deliveredSources } from './delivered-sources.ts';
import { fromEnvironment } from './environment.ts';
import { environmentName, keysOfSection, valueKeys } from './keys.ts';
import { nested } from './nested.ts';
import { paths } from './paths.ts';
import { type ReadFile, readConfigFile } from './read-file.ts';
import { ConfigFile } from './schema.ts';
import { type ConfigSource, validateSource } from './validate.ts';
import type { YamlFile } from './yaml.ts';

/** `root`: a path of the machine, inside the host's root. `typed`: a real path, as the person typed it. */
export interface InputFile {
  readonly path: string;
  readonly from: 'root' | 'typed';
  /** What the hypervisor handed over for it, where the file is not written yet. */
  readonly delivered?: Buffer;
}

/** All settings, checked, with every default filled in. */
export interface Config extends Omit<ConfigFile, 'edgeName' | 'passphraseFile' | 'credentialsFile'> {
  readonly edgeName: string | null;
  readonly passphraseFile: InputFile;
  readonly credentialsFile: InputFile;
}

export interface LoadedConfig {
  readonly values: Config;
  /** Key path → where its value came from: "default", "/etc/conjurer/conjurer.yaml, line 3", "OVF property …", "environment …", "--edge-name". */
  readonly origins: Readonly<Record<string, string>>;
  /** What should be said although it is not wrong. */
  readonly warnings: readonly string[];
  /** What the hypervisor handed over; null: nothing. */
  readonly delivered: Delivered | null;
}

/** A setting from the command line: key of conjurer.yaml, the flag as it is documented, the value. */
export interface FlagValue {
  readonly key: string;
  readonly flag: string;
  readonly value: string | number;
}

export interface LoadOptions {
  readonly host: Pick<Host, 'files'>;
  /** A real path from the command line, or null: /etc/conjurer/conjurer.yaml and its drop-ins, inside the root. */
  readonly configFile: string | null;
  readonly flags: readonly FlagValue[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly delivered?: Delivered | null;
}

/** Defaults < file < drop-ins by name < OVF properties < environment < flags. Throws E_CONFIG_INVALID or E_INPUT_UNSAFE. */
export async function loadConfig(options: LoadOptions): Promise<LoadedConfig> {
  const { flags, delivered = null } = options;
  const files = await configFiles(options);
  const sources = [
    ...files.map(({ file }) => yamlSource(file)),
    ...(delivered === null ? [] : deliveredSources(delivered, yamlSource)),
    environmentSource(options),
    ...flags.map(flagSource),
  ];
  const warnings = [...files.flatMap(({ warning }) => warning ?? []), ...(delivered?.warnings ?? [])];
  return merged(sources, flags, warnings, delivered);
}

/** The defaults and the flags alone: for what must work where the configuration cannot be read. */
export function defaultConfig(flags: readonly FlagValue[]): LoadedConfig {
  return merged(flags.map(flagSource), flags, [], null);
}

function merged(
  sources: readonly ConfigSource[],
  flags: readonly FlagValue[],
  warnings: readonly string[],
  delivered: Delivered | null,
): LoadedConfig {
  const values = new Map<string, unknown>();
  const origins: Record<string, string> = Object.fromEntries(valueKeys().map(({ key }) => [key, 'default']));
  for (const source of sources) {
    validateSource(source);
    for (const { key } of valueKeys()) {
      const value = valueAt(source.value, key);
      if (value === undefined) continue;
      values.set(key, value);
      origins[key] = source.where(key);
    }
  }
  return { values: withInputFiles(ConfigFile.parse(nested(values)), flags, delivered), origins, warnings, delivered };
}

/** The edge name, where a command cannot do without it. Throws E_CONFIG_INVALID. */
export function requiredEdgeName(config: Config): string {
  if (config.edgeName !== null) return config.edgeName;
  throw new AgentError('E_CONFIG_INVALID', 'edgeName is not set', {
    seen: `no edgeName in ${paths.config}, the environment or the command line`,
    wanted: 'the name that this machine shall have in its cluster',
    next: `write "edgeName: NAME" into ${paths.config}, then: conjurer run (or: conjurer run --edge-name NAME)`,
    data: { key: 'edgeName' },
  });
}

async function configFiles({ host, configFile }: LoadOptions): Promise<ReadFile[]> {
  if (configFile !== null) return [await typedFile(configFile)];
  const names = (await host.files.list(paths.configDropIns)) ?? [];
  const dropIns = names.filter(name => /^[^.].*\.ya?ml$/.test(name)).map(name => `${paths.configDropIns}/${name}`);
  const read: ReadFile[] = [];
  for (const path of [paths.config, ...dropIns]) read.push(...presence(await readConfigFile(host.files, path)));
  return read;
}

async function typedFile(typed: string): Promise<ReadFile> {
  const everywhere: Files = createFiles(nodeDisk, '/');
  const read = await readConfigFile(everywhere, resolve(typed));
  if (read !== null) return read;
  throw new AgentError('E_USAGE', `--config names a file that is not there: ${typed}`, {
    seen: typed,
    wanted: 'a readable file',
    next: 'give the right path, or leave --config out to use /etc/conjurer/conjurer.yaml',
  });
}

function presence(read: ReadFile | null): ReadFile[] {
  return read === null ? [] : [read];
}

function yamlSource(file: YamlFile): ConfigSource {
  const where = (key: string): string => {
    const line = file.lines.get(key);
    if (line !== undefined) return `${file.path}, line ${line}`;
    return key.includes('.') ? where(key.slice(0, key.lastIndexOf('.'))) : file.path;
  };
  return { value: withoutEmptySections(file.value, ''), where };
}

/** `enrolment:` with every key below it commented out is a section without keys. */
function withoutEmptySections(section: Readonly<Record<string, unknown>>, prefix: string): Record<string, unknown> {
  const kept: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(section)) {
    const isSection = keysOfSection(`${prefix}${name}`) !== null;
    if (value === null && isSection) continue;
    kept[name] = isSection && isRecord(value) ? withoutEmptySections(value, `${prefix}${name}.`) : value;
  }
  return kept;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function environmentSource({ environment }: LoadOptions): ConfigSource {
  return { value: nested(fromEnvironment(environment)), where: key => `environment ${environmentName(key)}` };
}

function flagSource({ key, flag, value }: FlagValue): ConfigSource {
  return {
    value: nested(new Map([[key, pathKeys.includes(key) ? resolve(String(value)) : value]])),
    where: () => flag,
  };
}

const pathKeys = ['passphraseFile', 'credentialsFile'];

function withInputFiles(file: ConfigFile, flags: readonly FlagValue[], delivered: Delivered | null): Config {
  const input = (key: 'passphraseFile' | 'credentialsFile', secret: Buffer | undefined): InputFile => {
    if (flags.some(flag => flag.key === key)) return { path: file[key], from: 'typed' };
    return { path: file[key], from: 'root', ...(secret === undefined ? {} : { delivered: secret }) };
  };
  return {
    ...file,
    edgeName: file.edgeName ?? null,
    passphraseFile: input('passphraseFile', delivered?.secrets.passphrase),
    credentialsFile: input('credentialsFile', delivered?.secrets.credentials),
  };
}

function valueAt(section: unknown, key: string): unknown {
  return key.split('.').reduce((value, part) => (value as Record<string, unknown> | undefined)?.[part], section);
}
