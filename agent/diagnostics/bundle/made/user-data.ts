import { createHash } from 'node:crypto';
import { parse } from 'yaml';
import type { Make } from '../collector.ts';

const path = '/var/lib/cloud/instance/user-data.txt';
const mostLines = 500;

/** What user-data is made of: its keys and how much stands under each. What stands there is never read into the bundle. */
export const userDataText: Make = async ({ host: { files } }) => {
  const bytes = await files.read(path);
  if (bytes === null) return null;
  const text = bytes.toString('utf8');
  const head = [
    `${bytes.length} bytes, SHA-256 ${createHash('sha256').update(bytes).digest('hex')}`,
    `kind: ${kindOf(text)}`,
  ];
  return `${[...head, ...structure(text).slice(0, mostLines)].join('\n')}\n`;
};

/** The first line tells cloud-init what it is; one that is none of these may be anything, a secret too. */
function kindOf(text: string): string {
  const [first = ''] = text.split('\n', 1);
  const known = [
    '#cloud-config',
    '#cloud-boothook',
    '#include',
    '## template: jinja',
    '#!/',
    'Content-Type: multipart',
  ];
  return known.find(start => first.startsWith(start)) ?? 'not one that cloud-init names';
}

function structure(text: string): string[] {
  if (!text.startsWith('#cloud-config')) return [];
  try {
    return [...keysBelow(parse(text), '')];
  } catch {
    return ['it is not YAML'];
  }
}

function* keysBelow(value: unknown, indent: string): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    // A key is a name that cloud-init knows; one that is not may be a secret itself.
    const name = /^[A-Za-z_][\w.-]{0,40}$/.test(key) || /^\d+$/.test(key) ? key : '(another name)';
    const isLeaf = typeof inner !== 'object' || inner === null;
    // Not as YAML: to the redactor it would be a password, and the number of its characters the secret.
    yield `${indent}${name} (${isLeaf ? `${typeof inner} of ${String(inner).length} characters` : kindOfGroup(inner)})`;
    yield* keysBelow(inner, `${indent}  `);
  }
}

function kindOfGroup(value: object): string {
  return Array.isArray(value) ? `list of ${value.length}` : `map of ${Object.keys(value).length}`;
}
