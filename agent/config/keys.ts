import * as z from 'zod';
import { ConfigFile, mayHoldSecret } from './schema.ts';

/** One key of conjurer.yaml that holds a value, such as `enrolment.splaySeconds`. */
export interface ConfigKey {
  readonly key: string;
  readonly schema: z.ZodType;
  /** 'map': names chosen by the user, or a list, each with a section; it cannot be written as one text. */
  readonly type: 'text' | 'number' | 'boolean' | 'list' | 'numbers' | 'word or list' | 'map';
}

/** Every key that holds a value, in the order of the schema. */
export function valueKeys(): ConfigKey[] {
  return [...keysBelow(ConfigFile, '')];
}

/** The keys directly in a section ('' is the top), or null if there is no such section. */
export function keysOfSection(section: string): string[] | null {
  let schema: z.ZodType = ConfigFile;
  for (const part of section === '' ? [] : section.split('.')) {
    const inner = schema instanceof z.ZodObject ? schema.shape[part] : undefined;
    if (inner === undefined) return null;
    schema = unwrapped(inner);
  }
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : null;
}

/** The environment's name of a key: enrolment.splaySeconds is CONJURER_ENROLMENT_SPLAY_SECONDS, memoryMiB MEMORY_MIB. */
export function environmentName(key: string): string {
  return `CONJURER_${key
    .replace(/([MG])iB$/, '_$1IB')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase()}`;
}

/** Environment name → key, of every key that may be set there. */
export function environmentKeys(): Map<string, ConfigKey> {
  const open = valueKeys()
    .filter(({ key }) => !mayHoldSecret(key))
    .filter(({ type }) => type !== 'map');
  return new Map(open.map(key => [environmentName(key.key), key]));
}

function* keysBelow(section: z.ZodObject, prefix: string): Generator<ConfigKey> {
  for (const [name, wrapped] of Object.entries(section.shape)) {
    const schema = unwrapped(wrapped as z.ZodType);
    if (schema instanceof z.ZodObject) yield* keysBelow(schema, `${prefix}${name}.`);
    else yield { key: `${prefix}${name}`, schema, type: typeOf(schema) };
  }
}

function unwrapped(schema: z.core.$ZodType): z.ZodType {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return unwrapped(schema.unwrap());
  }
  return schema as z.ZodType;
}

function typeOf(schema: z.ZodType): ConfigKey['type'] {
  if (schema instanceof z.ZodNumber) return 'number';
  if (schema instanceof z.ZodBoolean) return 'boolean';
  if (schema instanceof z.ZodRecord) return 'map';
  if (schema instanceof z.ZodUnion) return 'word or list';
  if (!(schema instanceof z.ZodArray)) return 'text';
  if (schema.element instanceof z.ZodObject) return 'map';
  return schema.element instanceof z.ZodNumber ? 'numbers' : 'list';
}
