/** An element with its namespace resolved. */
export interface XmlElement {
  /** '' where it is in none. */
  readonly namespace: string;
  readonly name: string;
  readonly attributes: readonly XmlAttribute[];
  readonly children: readonly XmlElement[];
  /** What stands between the tags of this element itself, trimmed. */
  readonly text: string;
}

export interface XmlAttribute {
  readonly namespace: string;
  readonly name: string;
  readonly value: string;
  /** Where the value stands in the document, as it is written there. */
  readonly start: number;
  readonly end: number;
}

/** The document is not well-formed, or is more than is read. */
export class XmlError extends Error {
  override readonly name = 'XmlError';
}

/** More than any OVF document needs. A document that is larger is refused, so that a hostile one costs nothing. */
export const xmlLimits = { characters: 1024 * 1024, depth: 32, elements: 20_000, attributes: 64 } as const;

/**
 * The root element of a document. Throws XmlError. There are no document types: without them there is no entity to
 * expand, and nothing to fetch. Comments and processing instructions are skipped.
 */
export function parseXml(document: string): XmlElement {
  if (document.length > xmlLimits.characters) {
    throw new XmlError(`it has more than ${xmlLimits.characters} characters`);
  }
  const open: Open[] = [];
  let root: XmlElement | null = null;
  let elements = 0;
  let at = document.startsWith('\uFEFF') ? 1 : 0;
  while (at < document.length) {
    const next = document.indexOf('<', at);
    const text = document.slice(at, next === -1 ? undefined : next);
    addText(open.at(-1), text);
    if (next === -1) break;
    const skipped = endOfSkipped(document, next, open.at(-1));
    if (skipped !== null) {
      at = skipped;
      continue;
    }
    const tag = readTag(document, next);
    at = tag.end;
    if (!tag.closes) {
      if (root !== null) throw new XmlError('there is more than one root element');
      elements += 1;
      if (elements > xmlLimits.elements) throw new XmlError(`it has more than ${xmlLimits.elements} elements`);
      if (open.length >= xmlLimits.depth) throw new XmlError(`it is nested deeper than ${xmlLimits.depth}`);
      open.push({ tag, prefixes: prefixesOf(tag, open.at(-1)?.prefixes ?? new Map()), children: [], text: '' });
    }
    if (tag.closes || tag.isEmpty) {
      const done = open.pop();
      if (done === undefined || done.tag.name !== tag.name) throw new XmlError(`</${tag.name}> closes nothing`);
      const element = elementOf(done);
      const parent = open.at(-1);
      if (parent === undefined) root = element;
      else parent.children.push(element);
    }
  }
  if (open.length > 0) throw new XmlError(`<${open.at(-1)?.tag.name}> is not closed`);
  if (root === null) throw new XmlError('it has no element');
  return root;
}

interface Open {
  readonly tag: Tag;
  readonly prefixes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
}

interface Tag {
  /** With its prefix. */
  readonly name: string;
  readonly attributes: readonly Omit<XmlAttribute, 'namespace'>[];
  readonly closes: boolean;
  readonly isEmpty: boolean;
  readonly end: number;
}

function addText(element: Open | undefined, text: string): void {
  if (element !== undefined) element.text += decoded(text);
  else if (text.trim() !== '') throw new XmlError('there is text outside of the root element');
}

/** Where a comment, an instruction or a CDATA section ends; null where there is none here. */
function endOfSkipped(document: string, at: number, element: Open | undefined): number | null {
  if (document.startsWith('<!--', at)) return endOf(document, '-->', at);
  if (document.startsWith('<?', at)) {
    const end = endOf(document, '?>', at);
    const encoding = /^<\?xml\s[^>]*encoding=["']([\w-]+)/.exec(document.slice(at, end))?.[1];
    if (encoding === undefined || /^(utf-8|us-ascii)$/i.test(encoding)) return end;
    throw new XmlError(`its encoding is ${encoding}, and not UTF-8`);
  }
  if (document.startsWith('<![CDATA[', at)) {
    const end = endOf(document, ']]>', at);
    if (element === undefined) throw new XmlError('there is text outside of the root element');
    element.text += document.slice(at + '<![CDATA['.length, end - ']]>'.length);
    return end;
  }
  if (document.startsWith('<!', at)) throw new XmlError('it has a document type');
  return null;
}

function endOf(document: string, mark: string, from: number): number {
  const at = document.indexOf(mark, from);
  if (at === -1) throw new XmlError(`${mark} is missing`);
  return at + mark.length;
}

const opening = /<(\/?)([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)/y;
const attribute = /\s+([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const closing = /\s*(\/?)>/y;

function readTag(document: string, start: number): Tag {
  const named = match(opening, document, start);
  if (named === null) throw new XmlError(`there is no tag at character ${start}`);
  const [, slash = '', name = ''] = named;
  const attributes: Omit<XmlAttribute, 'namespace'>[] = [];
  let at = opening.lastIndex;
  for (let found = match(attribute, document, at); found !== null; found = match(attribute, document, at)) {
    at = attribute.lastIndex;
    const [, key = '', double, single] = found;
    const raw = double ?? single ?? '';
    if (attributes.length >= xmlLimits.attributes || attributes.some(known => known.name === key)) {
      throw new XmlError(`<${name}> has the attribute ${key} twice, or too many of them`);
    }
    const value = decoded(raw.replaceAll(/\r\n|[\r\n\t]/g, ' '));
    attributes.push({ name: key, value, start: at - 1 - raw.length, end: at - 1 });
  }
  const end = match(closing, document, at);
  const closes = slash === '/';
  const isEmpty = end?.[1] === '/';
  if (end === null || (closes && (isEmpty || attributes.length > 0))) {
    throw new XmlError(`the tag <${slash}${name}> is not well-formed`);
  }
  return { name, attributes, closes, isEmpty, end: closing.lastIndex };
}

function match(pattern: RegExp, document: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(document);
}

const xmlNamespace = 'http://www.w3.org/XML/1998/namespace';

function prefixesOf({ attributes }: Tag, above: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const declared = attributes.flatMap(({ name, value }): [string, string][] => {
    if (name === 'xmlns') return [['', value]];
    return name.startsWith('xmlns:') ? [[name.slice('xmlns:'.length), value]] : [];
  });
  return declared.length === 0 ? above : new Map([...above, ...declared]);
}

function elementOf({ tag, prefixes, children, text }: Open): XmlElement {
  const { namespace, name } = resolved(tag.name, prefixes, prefixes.get('') ?? '');
  const attributes = tag.attributes
    .filter(one => one.name !== 'xmlns' && !one.name.startsWith('xmlns:'))
    .map(one => ({ ...one, ...resolved(one.name, prefixes, '') }));
  return { namespace, name, attributes, children, text: text.trim() };
}

function resolved(qualified: string, prefixes: ReadonlyMap<string, string>, unprefixed: string) {
  const [prefix = '', local] = qualified.split(':');
  if (local === undefined) return { namespace: unprefixed, name: qualified };
  const namespace = prefix === 'xml' ? xmlNamespace : prefixes.get(prefix);
  if (namespace === undefined) throw new XmlError(`the prefix ${prefix} is not declared`);
  return { namespace, name: local };
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decoded(text: string): string {
  return text.replaceAll(/&([^;\s&]{0,12});?/g, (whole, name: string) => {
    const known = whole.endsWith(';') ? (entities[name] ?? character(name)) : null;
    if (known === null) throw new XmlError(`${whole} is no character`);
    return known;
  });
}

function character(reference: string): string | null {
  const digits = /^#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}))$/.exec(reference);
  if (digits === null) return null;
  const code = digits[1] === undefined ? Number(digits[2]) : Number.parseInt(digits[1], 16);
  const isAllowed = code === 9 || code === 10 || code === 13 || (code >= 32 && code <= 0x10ffff);
  return isAllowed && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : null;
}
