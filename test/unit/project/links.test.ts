import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { repository } from './biome.ts';
import { type Document, inlineCode, readDocuments, withoutFences } from './documents.ts';

const documents = readDocuments();

describe.each(documents)('$path', document => {
  test('has no dead link', () => {
    expect(deadLinks(document)).toEqual([]);
  });

  test('names no file of the repository that is not there', () => {
    expect(missingFiles(document)).toEqual([]);
  });
});

test('a dead link, a dead anchor and a missing file are found', () => {
  const text = '# One two\n[a](#one-two) [b](nowhere.md) [c](#three) [d](docs/cli.md#no-such) `agent/nowhere.ts`\n';
  expect(deadLinks({ path: 'page.md', text })).toEqual(['nowhere.md', '#three', 'docs/cli.md#no-such']);
  expect(missingFiles({ path: 'page.md', text })).toEqual(['agent/nowhere.ts']);
});

test('the index of the documentation lists every page, and that of the decisions every record', () => {
  const index = readFileSync(join(repository, 'docs/README.md'), 'utf8');
  const decisions = readFileSync(join(repository, 'docs/decisions/README.md'), 'utf8');
  const pages = readdirSync(join(repository, 'docs')).filter(name => /\.(md|json)$/.test(name) && name !== 'README.md');
  const records = readdirSync(join(repository, 'docs/decisions')).filter(name => /^\d{4}-.*\.md$/.test(name));
  expect(pages.filter(name => !index.includes(`(${name})`))).toEqual([]);
  expect(records.filter(name => !decisions.includes(`(${name})`))).toEqual([]);
});

function deadLinks({ path, text }: Document): string[] {
  const targets = [...withoutFences(text).matchAll(/\]\(([^)\s]+)\)/g)].map(match => match[1] ?? '');
  return targets
    .filter(target => !/^https?:/.test(target))
    .filter(target => {
      const [file = '', anchor] = target.split('#');
      const full = join(repository, file === '' ? path : normalize(join(dirname(path), file)));
      if (file === '') return !anchors(text).has(anchor ?? '');
      if (!existsSync(full)) return true;
      return anchor !== undefined && !anchors(readFileSync(full, 'utf8')).has(anchor);
    });
}

/** The anchors of a page's headings, as the usual renderers make them. */
function anchors(text: string): Set<string> {
  const headings = [...withoutFences(text).matchAll(/^#{1,6} (.+)$/gm)].map(match => match[1] ?? '');
  return new Set(
    headings.map(heading =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** Inline code that looks like a path of a source folder. A path with a placeholder or wildcard is none. */
function missingFiles({ text }: Document): string[] {
  return inlineCode(text)
    .filter(code => /^(agent|bootstrap|build|bench|test|docs|lint|\.ci)\/[\w./-]+$/.test(code))
    .filter(code => !existsSync(join(repository, code)));
}
