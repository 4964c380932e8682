import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseXml, XmlError } from '../../../../bootstrap/ovf/xml.ts';
import { xmlLimits } from '../../../../bootstrap/ovf/xml-limits.ts';

const refusal = (document: string) => {
  try {
    return JSON.stringify(parseXml(document));
  } catch (error) {
    if (error instanceof XmlError) return error.message;
    throw error;
  }
};

describe('XML', () => {
  it('is read with its namespaces, and a value is found again where it stands', () => {
    const document = `<?xml version="1.0" encoding="utf-8"?><!-- c --><a xmlns="n" xmlns:p="m" p:x='1 &amp; "2"' y="3">
      t<p:b/><![CDATA[<raw>]]><c xmlns="">&#x41;&lt;</c></a>`;
    const root = parseXml(document);
    expect(root).toMatchObject({
      namespace: 'n',
      name: 'a',
      text: 't<raw>',
      attributes: [
        { namespace: 'm', name: 'x', value: '1 & "2"' },
        { namespace: '', name: 'y', value: '3' },
      ],
      children: [
        { namespace: 'm', name: 'b' },
        { namespace: '', name: 'c', text: 'A<' },
      ],
    });
    const [x] = root.attributes;
    expect(document.slice(x?.start, x?.end)).toBe('1 &amp; "2"');
  });

  it.each([
    ['a document type, and with it every entity', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', /document type/],
    ['an entity that is not built in', '<a>&b;</a>', /undefined entity/],
    ['an ampersand alone', '<a b="1 & 2"/>', /1:14/],
    ['a surrogate', '<a>&#xD800;</a>', /malformed character entity/],
    ['an element that is not closed', '<a><b></a>', /1:10: unexpected close tag/],
    ['an end that is missing', '<a>', /unclosed tag: a/],
    ['two roots', '<a/><b/>', /only one root/],
    ['text after the root', '<a/>b', /outside of root node/],
    ['nothing', '', /must contain a root element/],
    ['an attribute twice', '<a b="1" b="2"/>', /duplicate attribute: b/],
    ['an attribute without quotes', '<a b=1/>', /unquoted attribute value/],
    ['a prefix that nobody declared', '<p:a/>', /unbound namespace prefix: "p"/],
    ['another encoding', '<?xml version="1.0" encoding="UTF-16"?><a/>', /encoding is UTF-16/],
    ['a comment without end', '<a><!-- </a>', /unclosed tag: a/],
    ['deep nesting', '<a>'.repeat(xmlLimits.levels + 1), /more than 32 levels/],
    ['very many elements', `<a>${'<b/>'.repeat(xmlLimits.elements)}</a>`, /more than 20000 elements/],
    [
      'very many attributes',
      `<a ${Array.from({ length: 65 }, (_, n) => `b${n}=""`).join(' ')}/>`,
      /more than 64 attributes/,
    ],
    ['a very long document', `<a>${'x'.repeat(xmlLimits.characters)}</a>`, /characters/],
  ])('refuses %s', (_name, document, says) => {
    expect(refusal(document)).toMatch(says);
  });

  it('ends for any text with an element or with XmlError', () => {
    const piece = fc.constantFrom(
      '<a',
      '<',
      '/>',
      '>',
      '</a>',
      ' b="',
      '"',
      '&amp;',
      '&#',
      '<!--',
      '-->',
      '<?',
      'x',
      ':',
    );
    fc.assert(fc.property(fc.array(piece, { maxLength: 40 }), pieces => void refusal(pieces.join(''))));
    fc.assert(fc.property(fc.string(), text => void refusal(text)));
  });
});
