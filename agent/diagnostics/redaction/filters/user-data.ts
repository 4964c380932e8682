import { createHash } from 'node:crypto';
import { createRedactor } from '../create-redactor.ts';
import type { Redactor } from '../redactor.ts';
import { yamlDocuments } from './yaml-text.ts';

/**
 * cloud-init's user-data, vendor-data and the like: never their content, but what they are made of, a line for each key
 * with its size. The first of a SHA-256 stands there only where nothing secret was recognised below: a password that is
 * the one unknown of a text could be guessed from its hash.
 */
export function filterUserData(text: string): string {
  const head = `${kindOfText(text)}, ${Buffer.byteLength(text)} bytes`;
  if (!text.startsWith('#cloud-config')) return `${head}\n`;
  const redactor = createRedactor({ salt: new Uint8Array(1) });
  const lines = yamlDocuments(text).flatMap(document => structure(document, '', 1, redactor));
  return `${[head, ...lines].join('\n')}\n`;
}

const deepest = 4;

function structure(value: unknown, at: string, depth: number, redactor: Redactor): string[] {
  if (typeof value !== 'object' || value === null || depth > deepest) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const path = at === '' ? key : `${at}.${key}`;
    const text = textOf(inner);
    const line = `${path}: ${kindOf(inner)}, ${Buffer.byteLength(text)} bytes${hashOf(path, inner, redactor)}`;
    return [line, ...structure(inner, path, depth + 1, redactor)];
  });
}

function hashOf(path: string, value: unknown, redactor: Redactor): string {
  const text = textOf(value);
  const inside = typeof value === 'string' ? value : JSON.stringify(value, null, 1);
  const secret = /passw|chpasswd|users|secret|token|keys?$/i.test(path) || redactor.redact(inside) !== inside;
  return secret || text.length < 16 ? '' : `, sha256 ${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return `list of ${value.length}`;
  return value === null ? 'null' : typeof value;
}

function kindOfText(text: string): string {
  const known = ['#cloud-config', '#!', '#include', '#cloud-boothook', 'Content-Type: multipart', '## template: jinja'];
  return known.find(start => text.startsWith(start)) ?? 'unknown kind';
}
