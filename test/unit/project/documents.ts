import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './biome.ts';

export interface Document {
  /** From the root of the repository, as in docs/cli.md. */
  readonly path: string;
  readonly text: string;
}

/** Every Markdown page that is for people: those in the root and those below docs/. */
export function readDocuments(): Document[] {
  const pages = readdirSync(repository).filter(name => name.endsWith('.md'));
  const docs = readdirSync(join(repository, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`);
  return [...pages, ...docs].sort().map(path => ({ path, text: readFileSync(join(repository, path), 'utf8') }));
}

/** The text between single backticks, outside of fenced blocks. */
export function inlineCode(text: string): string[] {
  return [...withoutFences(text).matchAll(/`([^`\n]+)`/g)].map(match => match[1] ?? '');
}

/** The lines of fenced blocks of these languages, without prompts and comments. */
export function fencedLines(text: string, languages: readonly string[]): string[] {
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)]
    .filter(([, language = '']) => languages.includes(language))
    .flatMap(([, , body = '']) => body.split('\n'))
    .map(line => line.replace(/(^|\s+)#.*$/, '').trim())
    .filter(line => line !== '');
}

export function withoutFences(text: string): string {
  return text.replace(/^```\w*\n[\s\S]*?^```$/gm, '');
}
