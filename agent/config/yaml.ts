import { type Document, isMap, isScalar, LineCounter, type Node, parseDocument, visit } from 'yaml';
import { AgentError } from '../../bootstrap/errors.ts';

export const maxConfigBytes = 256 * 1024;

/** A parsed file: its plain value, and where and how each key is written in it. */
export interface YamlFile {
  readonly path: string;
  readonly value: Readonly<Record<string, unknown>>;
  /** Key path (`enrolment.splaySeconds`) → line, from 1. */
  readonly lines: ReadonlyMap<string, number>;
}

/**
 * Reads YAML 1.2 as plain data: one document, a mapping at the top, no aliases, no duplicate keys, no tags.
 * Throws AgentError E_CONFIG_INVALID with line and column. `path` is the file's name in messages.
 */
export function parseYaml(path: string, bytes: Uint8Array): YamlFile {
  if (bytes.length > maxConfigBytes) {
    throw broken(`${path} is too large`, { seen: `${bytes.length} bytes`, wanted: `at most ${maxConfigBytes} bytes` });
  }
  const counter = new LineCounter();
  const document = parsed(path, decoded(path, bytes), counter);
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) {
    const { line, col } = counter.linePos(problem.pos[0]);
    throw broken(`${path}, line ${line}, column ${col}: ${sentence(problem.code)}`, {
      seen: problem.message.replace(/( at line \d|; please use |\n)[\s\S]*$/, ''),
      wanted: 'YAML 1.2, one mapping of keys to values',
    });
  }
  refuseAliases(path, document, counter);
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) {
    return { path, value: {}, lines: new Map() };
  }
  if (!isMap(contents)) {
    throw broken(`${path} does not hold keys and values`, {
      seen: isScalar(contents) ? 'a single value' : 'a list',
      wanted: 'a mapping, as in: edgeName: edge-001',
    });
  }
  return { path, value: document.toJS({ maxAliasCount: 0 }), lines: linesOf(contents, counter) };
}

function decoded(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw broken(`${path} is not text in UTF-8`, {
      seen: 'bytes that are not UTF-8',
      wanted: 'a text file saved as UTF-8',
    });
  }
}

function parsed(path: string, text: string, counter: LineCounter): Document.Parsed {
  try {
    return parseDocument(text, { version: '1.2', schema: 'core', uniqueKeys: true, lineCounter: counter });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw broken(`${path} is nested too deeply`, { seen: 'brackets within brackets', wanted: 'keys as documented' });
  }
}

function refuseAliases(path: string, document: Document.Parsed, counter: LineCounter): void {
  visit(document, {
    Alias(_key, alias) {
      const { line } = counter.linePos(alias.range?.[0] ?? 0);
      throw broken(`${path}, line ${line}: an alias is not allowed`, {
        seen: `*${alias.source}`,
        wanted: 'the value itself, written out',
      });
    },
  });
}

function linesOf(map: Node, counter: LineCounter): Map<string, number> {
  const lines = new Map<string, number>();
  const walk = (node: unknown, prefix: string): void => {
    if (!isMap(node)) return;
    for (const { key, value } of node.items) {
      if (!isScalar(key)) continue;
      const name = `${prefix}${String(key.value)}`;
      lines.set(name, counter.linePos(key.range?.[0] ?? 0).line);
      walk(value, `${name}.`);
    }
  };
  walk(map, '');
  return lines;
}

const sentences: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'a key is there twice',
  TAB_AS_INDENT: 'a tab is used to indent',
  BAD_INDENT: 'the indentation does not fit',
  MULTIPLE_DOCS: 'there is more than one document',
  MISSING_CHAR: 'a character is missing',
  TAG_RESOLVE_FAILED: 'a tag is not allowed',
};

function sentence(code: string): string {
  return sentences[code] ?? 'this is not valid YAML';
}

function broken(message: string, details: { seen: string; wanted: string }): AgentError {
  return new AgentError('E_CONFIG_INVALID', message, details);
}
