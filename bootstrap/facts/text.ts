import type { Files } from '../host/host.ts';
import { type Report, reasonOf } from './source.ts';

const MAX_LENGTH = 256;

/**
 * A value of the firmware, the kernel or a file as it may stand in the document: one line without control characters
 * (it is printed on terminals), at most 256 characters. null if nothing is left.
 */
export function clean(text: string): string | null {
  const line = text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\ufffd]+/gu, ' ')
    .trim()
    .slice(0, MAX_LENGTH);
  return line === '' ? null : line;
}

/** The content of a small file as one clean line. null, with the reason reported, if it is absent, unreadable or empty. */
export async function readLine(files: Files, path: string, field: string, report: Report): Promise<string | null> {
  const text = await readReported(files, path, field, report);
  if (text === null) return null;
  const line = clean(text);
  if (line === null) report(field, `${path} is empty`);
  return line;
}

/** The whole text of a file. null, with the reason reported, if it is absent or unreadable. */
export async function readReported(files: Files, path: string, field: string, report: Report): Promise<string | null> {
  try {
    const text = await files.readText(path);
    if (text === null) report(field, `${path} does not exist`);
    return text;
  } catch (error) {
    report(field, reasonOf(error));
    return null;
  }
}

/** For what is often rightly absent: null, and nothing said, whatever the reason. */
export async function hint<T>(reading: Promise<T | null>): Promise<T | null> {
  try {
    return await reading;
  } catch {
    return null;
  }
}

/** A non-negative whole number in decimal, null for anything else. */
export function count(text: string | null | undefined): number | null {
  if (text === null || text === undefined || !/^\d{1,16}$/.test(text.trim())) return null;
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : null;
}

/** Orders strings by code unit, the same on every machine whatever its locale. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
