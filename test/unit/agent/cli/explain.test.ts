import { describe, expect, it } from 'vitest';
import { explain, pageText } from '../../../../agent/cli/explain.ts';
import { createStyle } from '../../../../agent/cli/style.ts';
import { createRedactor } from '../../../../agent/redaction.ts';
import { type ErrorEntry, errorTable } from '../../../../bootstrap/error-table.ts';
import { checkTable } from '../../../../bootstrap/preflight/check-table.ts';

const plain = createStyle(false);
const asIs = (text: string) => text;
const entries = Object.entries(errorTable) as [string, ErrorEntry][];

describe('explain', () => {
  it.each(entries)('%s, in any case, with or without E_, and by the name in the protocol', (code, entry) => {
    const page = explain(code);
    expect(page).toEqual({ code, ...entry });
    expect(explain(code.toLowerCase().slice(2))).toEqual(page);
    expect(explain(code.toLowerCase().replaceAll('_', '-'))).toEqual(page);
    if (entry.problem !== undefined) expect(explain(entry.problem)).toEqual(page);
    const text = pageText(page, plain, asIs);
    expect(text.replaceAll(/\s+/g, ' ')).toContain(entry.explain);
    expect(text).toContain(entry.next);
    expect(text).toContain(`exit      ${entry.status} (`);
    expect(text).not.toContain('not documented');
  });

  it.each(Object.entries(checkTable))('the check %s', (id, entry) => {
    const page = explain(id.toUpperCase());
    expect(page).toEqual({ check: id, ...entry });
    expect(pageText(page, plain, asIs)).toContain(entry.why);
  });

  it('nothing in a page is taken for a secret', () => {
    const redactor = createRedactor();
    const pages = [...Object.keys(errorTable), ...Object.keys(checkTable)].map(asked =>
      pageText(explain(asked), plain, asIs),
    );
    expect(pages.filter(text => redactor.redact(text) !== text)).toEqual([]);
  });

  it('a check says what comes of it, and how it is waived where it can be', () => {
    expect(pageText(explain('memory'), plain, asIs)).toMatchInlineSnapshot(`
      "memory – there is enough memory

        required  1700 MiB, or what the image asks for; 100 MiB less will do
        why       with less the kernel kills the API server or etcd
        phase     on this machine
        blocks    yes, unless it is waived

      What to do next
        conjurer preflight shows what was seen, and what to do where it fails
        to go on without it: preflight.waive: [{ id: memory, reason: …, author: …, expires: YYYY-MM-DD }] in conjurer.yaml"
    `);
    expect(pageText(explain('root'), plain, asIs)).toContain('blocks    yes, and cannot be waived');
    expect(pageText(explain('root'), plain, asIs)).not.toContain('preflight.waive');
    expect(pageText(explain('swap'), plain, asIs)).toContain('blocks    no, it warns');
  });

  it.each([
    ['E_PASPHRASE_WRONG', 'there is no page E_PASPHRASE_WRONG, did you mean E_PASSPHRASE_WRONG?'],
    ['controler-tls', 'there is no page controler-tls, did you mean controller-tls?'],
    ['quux', 'there is no page quux'],
  ])('%s is not there', (asked, message) => {
    expect(() => explain(asked)).toThrowError(message);
  });

  it('no two codes have the same problem', () => {
    const problems = entries.flatMap(([, { problem }]) => problem ?? []);
    expect(new Set(problems).size).toBe(problems.length);
  });
});
