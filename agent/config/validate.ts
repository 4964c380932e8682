import * as z from 'zod';
import { AgentError } from '../../bootstrap/errors.ts';
import { keysOfSection, valueKeys } from './keys.ts';
import { nearest } from './nearest.ts';
import { ConfigFile } from './schema.ts';

/** One place that configuration comes from. `where` names a key in it: "/etc/conjurer/conjurer.yaml, line 3". */
export interface ConfigSource {
  readonly value: Readonly<Record<string, unknown>>;
  where(key: string): string;
}

/**
 * Throws E_CONFIG_INVALID for the first thing in this source that does not fit, with key, seen and wanted; the
 * others are in `data.also`.
 */
export function validateSource(source: ConfigSource): void {
  const problems = [...unknownKeys(source, source.value, ''), ...misfits(source)];
  const [first, ...others] = problems;
  if (first === undefined) return;
  throw new AgentError('E_CONFIG_INVALID', first.message, {
    seen: first.seen,
    wanted: first.wanted,
    ...(first.next === undefined ? {} : { next: first.next }),
    data: { key: first.key, ...(others.length === 0 ? {} : { also: others.map(({ message }) => message).join('; ') }) },
  });
}

interface Problem {
  readonly key: string;
  readonly message: string;
  readonly seen: string;
  readonly wanted: string;
  readonly next?: string;
}

function* unknownKeys(
  source: ConfigSource,
  section: Readonly<Record<string, unknown>>,
  prefix: string,
): Generator<Problem> {
  const known = keysOfSection(prefix.slice(0, -1)) ?? [];
  for (const [name, value] of Object.entries(section)) {
    const key = `${prefix}${name}`;
    if (!known.includes(name)) yield unknown(source, key, known);
    else if (isSection(value) && keysOfSection(key) !== null) yield* unknownKeys(source, value, `${key}.`);
  }
}

function unknown(source: ConfigSource, key: string, siblings: readonly string[]): Problem {
  const prefix = key.slice(0, key.lastIndexOf('.') + 1);
  const name = key.slice(prefix.length);
  const meant = nearest(name, siblings) ?? elsewhere(name);
  const message = `${source.where(key)}: unknown key ${key}`;
  return {
    key,
    message: meant === null ? message : `${message}, did you mean ${meant}?`,
    seen: key,
    wanted: `one of ${siblings.map(sibling => `${prefix}${sibling}`).join(', ')}`,
  };
}

/** Below a key whose names the user chooses, such as an interface. */
function* unknownInside(source: ConfigSource, key: string, names: readonly string[]): Generator<Problem> {
  for (const name of names) {
    const inner = `${key}.${name}`;
    yield {
      key: inner,
      message: `${source.where(key)}: unknown key ${inner}`,
      seen: inner,
      wanted: `a key that ${key.slice(0, key.indexOf('.'))} knows; docs/conjurer.schema.json lists them`,
    };
  }
}

/** The full name of a key that is known in another section: splaySeconds is enrolment.splaySeconds. */
function elsewhere(name: string): string | null {
  const byLastPart = new Map(valueKeys().map(({ key }) => [key.slice(key.lastIndexOf('.') + 1), key]));
  const meant = nearest(name, byLastPart.keys());
  return meant === null ? null : (byLastPart.get(meant) ?? null);
}

function* misfits(source: ConfigSource): Generator<Problem> {
  for (const issue of ConfigFile.safeParse(source.value).error?.issues ?? []) {
    const key = issue.path.filter(part => typeof part === 'string').join('.');
    if (issue.code === 'unrecognized_keys') {
      // Those of the sections that are known by name are found with a word on what was meant.
      if (keysOfSection(key) === null) yield* unknownInside(source, key, issue.keys);
      continue;
    }
    yield {
      key,
      message: `${source.where(key)}: ${key} has a value that does not fit`,
      seen: holdsProxy(key) ? 'a value that is not shown, since it may hold a password' : shown(at(source, issue)),
      wanted: wanted(issue, key),
    };
  }
}

function at(source: ConfigSource, issue: z.core.$ZodIssue): unknown {
  return issue.path.reduce<unknown>((value, part) => (value as Record<PropertyKey, unknown>)?.[part], source.value);
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a section with keys of its own';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  const kinds: Readonly<Record<string, string>> = { number: ' (a number)', boolean: ' (true or false)' };
  return `${text.length > 120 ? `${text.slice(0, 120)}…` : text}${kinds[typeof value] ?? ''}`;
}

function wanted(issue: z.core.$ZodIssue, key: string): string {
  if (issue.code === 'invalid_format' || issue.code === 'custom') return issue.message;
  const schema = valueKeys().find(known => known.key === key)?.schema;
  if (schema !== undefined) return inWords(schema);
  const keys = keysOfSection(key);
  return keys === null ? issue.message : `a section with the keys ${keys.join(', ')}`;
}

/** What a value of this schema looks like, in words. */
export function inWords(schema: z.ZodType): string {
  const json = z.toJSONSchema(schema, { unrepresentable: 'any' });
  if (json.enum !== undefined) return `one of ${json.enum.join(', ')}`;
  if (json.type === 'string') return 'text (in quotes, where it looks like a number)';
  if (json.type === 'array') return 'a list of texts';
  if (json.type === 'boolean') return 'true or false';
  if (json.type === 'object') return 'a section with one name a line, and its own keys below each';
  const kind = json.type === 'integer' ? 'a whole number' : 'a number';
  if (json.exclusiveMinimum !== undefined) return `${kind} above ${json.exclusiveMinimum}`;
  const { minimum, maximum } = json;
  if (minimum === undefined) return kind;
  return maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER
    ? `${kind}, ${minimum} or more`
    : `${kind} from ${minimum} to ${maximum}`;
}

/** The address of a proxy, or what was written in place of the section. */
function holdsProxy(key: string): boolean {
  return key === 'proxy' || key === 'proxy.http' || key === 'proxy.https';
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
