import { AgentError } from '../../bootstrap/errors.ts';
import { type ConfigKey, environmentKeys, environmentName, valueKeys } from './keys.ts';
import { nearest } from './nearest.ts';
import { mayHoldSecret } from './schema.ts';

/**
 * Key → value of every CONJURER_* variable. A list is written with commas. Throws E_CONFIG_INVALID for a variable
 * that is no key, and for one that may hold a secret.
 */
export function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): Map<string, unknown> {
  const known = environmentKeys();
  const values = new Map<string, unknown>();
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith('CONJURER_') || text === undefined) continue;
    const key = known.get(name);
    if (key === undefined) throw unknownVariable(name, known.keys());
    values.set(key.key, fromText(key, text));
  }
  return values;
}

function unknownVariable(name: string, known: Iterable<string>): AgentError {
  if (valueKeys().some(({ key }) => mayHoldSecret(key) && environmentName(key) === name)) {
    return new AgentError('E_CONFIG_INVALID', `the environment sets ${name}, which is not allowed there`, {
      seen: `${name} is set`,
      wanted: 'proxy settings in the configuration file: they may hold a password, and others can read the environment',
      next: `unset ${name}, write it under proxy: in /etc/conjurer/conjurer.yaml, then: conjurer run`,
      data: { key: name },
    });
  }
  const names = [...known];
  const meant = nearest(name, names);
  const message = `the environment sets ${name}, which is no key of the configuration`;
  return new AgentError('E_CONFIG_INVALID', meant === null ? message : `${message}, did you mean ${meant}?`, {
    seen: name,
    wanted: `one of ${names.filter(candidate => !candidate.includes('_PATIENCE_')).join(', ')}`,
    next: `unset ${name}${meant === null ? '' : ` or set ${meant}`}, then: conjurer run`,
    data: { key: name },
  });
}

/** The value that a text stands for. What is no number or truth value stays text, so that validation says what was seen. */
export function fromText({ type, schema }: ConfigKey, text: string): unknown {
  const list = text === '' ? [] : text.split(',').map(part => part.trim());
  if (type === 'list') return list;
  if (type === 'numbers') return list.map(numberIn);
  if (type === 'word or list') return schema.safeParse(text).success ? text : list;
  if (type === 'number') return numberIn(text);
  if (type === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function numberIn(text: string): number | string {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}
