import { parseAllDocuments } from 'yaml';
import { AgentError } from '../errors.ts';
import { type CheckContext, type Checker, type Finding, finding, ok } from './finding.ts';
import type { ConfigComponent } from './manifest.ts';
import { containerdRules, yamlRules } from './runtime/config-rules.ts';
import { parseToml, readContainerdConfig } from './runtime/containerd-config.ts';
import { keyParts, valueAt } from './runtime/key-path.ts';

const MAX_BYTES = 1024 * 1024;

/** A configuration file: its bytes where they are declared, the values that matter, and the rules of what reads it. */
export const checkConfig: Checker<ConfigComponent> = async (component, context) => {
  try {
    const findings = await findingsOf(component, context);
    return findings.length > 0 ? findings : [ok(component)];
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    return [finding(component, 'could-not-tell', 'file-unreadable', { observed: error.message, fix: error.next })];
  }
};

async function findingsOf(component: ConfigComponent, context: CheckContext): Promise<Finding[]> {
  const { path, sha256 } = component;
  const info = await context.host.files.stat(path);
  if (info === null) {
    const fix = `put ${path} back as the image had it, or provision from a new copy of the image`;
    return [finding(component, 'missing', 'file-missing', { expected: path, fix })];
  }
  if (info.size > MAX_BYTES) {
    const told = { observed: `${info.size} bytes`, expected: `at most ${MAX_BYTES} bytes`, fix: `look at ${path}` };
    return [finding(component, 'altered', 'file-too-large', told)];
  }
  const seen = sha256 === null ? null : ((await context.hash(path))?.sha256 ?? null);
  const told = { observed: seen, expected: sha256, fix: `put ${path} back as the image had it` };
  const changed = seen === sha256 ? [] : [finding(component, 'altered', 'digest-mismatch', told)];
  return [...changed, ...(await contentFindings(component, context))];
}

async function contentFindings(component: ConfigComponent, { host, manifest }: CheckContext): Promise<Finding[]> {
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
function parseDocuments(format: 'toml' | 'yaml' | 'json', text: string): unknown[] | string {
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
