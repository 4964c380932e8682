import { SaxesParser } from 'saxes';
import { xmlLimits } from './xml-limits.ts';

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

/**
 * The root element of a document. Throws XmlError. There are no document types: without them there is no entity to
 * expand, and nothing to fetch. Comments and processing instructions are skipped.
 */
export function parseXml(document: string): XmlElement {
  requireAtMost(document.length, 'characters');
  const parser = new SaxesParser({ xmlns: true, position: true });
  const open: Open[] = [];
  let root: XmlElement | null = null;
  let places: Place[] = [];
  let elements = 0;

  parser.on('error', error => {
    throw new XmlError(error.message);
  });
  parser.on('doctype', () => {
    throw new XmlError('it has a document type');
  });
  parser.on('xmldecl', ({ encoding = 'utf-8' }) => {
    if (!/^(utf-8|us-ascii)$/i.test(encoding)) throw new XmlError(`its encoding is ${encoding}, and not UTF-8`);
  });
  parser.on('attribute', ({ name }) => {
    requireAtMost(places.length + 1, 'attributes');
    // The parser stands behind the closing quote.
    const end = parser.position - 1;
    places.push({ name, start: document.lastIndexOf(document.charAt(end), end - 1) + 1, end });
  });
  parser.on('opentag', tag => {
    requireAtMost(++elements, 'elements');
    requireAtMost(open.length + 1, 'levels');
    const attributes = places.flatMap(({ name, start, end }): XmlAttribute[] => {
      const { uri = '', local = name, value = '' } = tag.attributes[name] ?? {};
      return name === 'xmlns' || name.startsWith('xmlns:') ? [] : [{ namespace: uri, name: local, value, start, end }];
    });
    places = [];
    open.push({ namespace: tag.uri, name: tag.local, attributes, children: [], text: '' });
  });
  const addText = (text: string) => {
    const element = open.at(-1);
    if (element !== undefined) element.text += text;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const done = open.pop();
    if (done === undefined) return;
    const element: XmlElement = { ...done, text: done.text.trim() };
    const parent = open.at(-1);
    if (parent === undefined) root = element;
    else parent.children.push(element);
  });
  parser.write(document).close();
  if (root === null) throw new XmlError('it has no element');
  return root;
}

interface Open extends Omit<XmlElement, 'children' | 'text'> {
  readonly children: XmlElement[];
  text: string;
}

interface Place {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

function requireAtMost(count: number, limit: keyof typeof xmlLimits): void {
  if (count > xmlLimits[limit]) throw new XmlError(`it has more than ${xmlLimits[limit]} ${limit}`);
}
