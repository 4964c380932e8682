import { parseAllDocuments } from 'yaml';
import { couldNotTell } from './file-check.ts';
import { type CheckContext, type Finding, finding } from './finding.ts';
import type { ConfigComponent } from './manifest.ts';
import { containerdRules, yamlRules } from './runtime/config-rules.ts';
import { parseToml, readContainerdConfig } from './runtime/containerd-config.ts';
import { keyParts, valueAt } from './runtime/key-path.ts';

const MAX_BYTES = 1024 * 1024;

/**
 * The effective values of a configuration file that is there: those that are declared, and those that must fit for what
 * reads it to work with the preloaded images. [] where all is well.
 */
export async function checkRuntimeConfig(component: ConfigComponent, context: CheckContext): Promise<Finding[]> {
  const { path } = component;
  try {
    const size = (await context.host.files.stat(path))?.size ?? 0;
    if (size <= MAX_BYTES) return await findingsOf(component, context);
    const told = { observed: `${size} bytes`, expected: `at most ${MAX_BYTES} bytes`, fix: `look at ${path}` };
    return [finding(component, 'altered', 'file-too-large', told)];
  } catch (error) {
    return [couldNotTell(component, path, error)];
  }
}

async function findingsOf(component: ConfigComponent, { host, manifest }: CheckContext): Promise<Finding[]> {
  const { path, role, format } = component;
  const { kubernetes } = manifest;
  if (role === 'containerd') {
    const config = await readContainerdConfig(host.files, path);
    if (config === null || typeof config === 'string') return [unparsed(component, config ?? 'it is gone')];
    const rules = kubernetes === null ? [] : containerdRules(component, kubernetes, config);
    return [...rules, ...keyFindings(component, [config.effective])];
  }
  if (format === 'text') return [];
  const documents = parseDocuments(format, (await host.files.readText(path)) ?? '');
  if (typeof documents === 'string') return [unparsed(component, documents)];
  const rules = kubernetes === null ? [] : yamlRules(component, kubernetes, documents);
  return [...rules, ...keyFindings(component, documents)];
}

/** The documents of a file, which only YAML has several of; or what is wrong with it. JSON is YAML too. */
export function parseDocuments(format: 'toml' | 'yaml' | 'json', text: string): unknown[] | string {
  if (format === 'toml') {
    const document = parseToml(text);
    return typeof document === 'string' ? document : [document];
  }
  const parsed = [...parseAllDocuments(text, { version: '1.2', uniqueKeys: true })];
  const error = parsed.flatMap(document => document.errors)[0];
  if (error !== undefined) return `not ${format.toUpperCase()}: ${error.message.split('\n')[0]}`;
  try {
    return parsed.map(document => document.toJS({ maxAliasCount: 100 }) as unknown);
  } catch {
    return `not plain ${format.toUpperCase()}: its aliases grow without bounds`;
  }
}

function keyFindings(component: ConfigComponent, documents: readonly unknown[]): Finding[] {
  return Object.entries(component.keys).flatMap(([key, wanted]) => {
    const parts = keyParts(key);
    if (parts === null) return [finding(component, 'could-not-tell', 'key-invalid', { observed: key })];
    const seen = documents.map(document => valueAt(document, parts)).find(value => value !== undefined);
    if (seen === wanted) return [];
    const told = {
      observed: `${key} = ${seen === undefined ? 'not set' : JSON.stringify(seen)}`,
      expected: `${key} = ${JSON.stringify(wanted)}`,
      fix: `correct ${key} in ${component.path}, and restart what reads it`,
    };
    return [finding(component, 'altered', 'value-differs', told)];
  });
}

function unparsed(component: ConfigComponent, why: string): Finding {
  const told = { observed: why, expected: component.format, fix: `correct ${component.path}` };
  return finding(component, 'altered', 'config-invalid', told);
}
