/** An element as text, ready to be written. */
export interface Xml {
  readonly lines: readonly string[];
}

export const namespaces = {
  '': 'http://schemas.dmtf.org/ovf/envelope/1',
  ovf: 'http://schemas.dmtf.org/ovf/envelope/1',
  rasd: 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData',
  vssd: 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData',
  vmw: 'http://www.vmware.com/schema/ovf',
} as const;

export type Attributes = Readonly<Record<string, string | number>>;

export function element(name: string, attributes: Attributes, content: readonly Xml[] | string = []): Xml {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  const start = `<${name}${written.join('')}`;
  if (typeof content === 'string') return { lines: [`${start}>${escaped(content)}</${name}>`] };
  if (content.length === 0) return { lines: [`${start}/>`] };
  const inner = content.flatMap(({ lines }) => lines.map(line => `  ${line}`));
  return { lines: [`${start}>`, ...inner, `</${name}>`] };
}

/** What each section must begin with. */
export function info(text: string): Xml {
  return element('Info', {}, text);
}

/** The whole descriptor, with these sections in the envelope. */
export function document(sections: readonly Xml[]): string {
  const declared = Object.entries(namespaces).map(([prefix, uri]) => [
    prefix === '' ? 'xmlns' : `xmlns:${prefix}`,
    uri,
  ]);
  const { lines } = element('Envelope', Object.fromEntries(declared), sections);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${lines.join('\n')}\n`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, character => `&#${character.charCodeAt(0)};`);
}
