import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../../../agent/diagnostics/redaction/create-redactor.ts';
import { redactStream } from '../../../../../agent/diagnostics/redaction/redact-stream.ts';
import { containers, cut } from './containers.ts';
import samples from './samples.json' with { type: 'json' };
import { documents, fields, type Planted, shapes, spellings } from './secret-classes.ts';

const redactor = createRedactor({ salt: Buffer.from('salt') });
const text = (base64: string) => Buffer.from(base64, 'base64').toString();

/** The needle is gone, and the last scan has nothing to say about the rest. */
function expectGone(planted: Planted, wrap: (text: string) => string): void {
  const clean = redactor.text(wrap(planted.text)).text;
  expect(clean).not.toContain(planted.needle);
  const scan = redactor.finalScan();
  scan.push(Buffer.from(clean));
  expect(scan.end()).toEqual([]);
}

/** Words, signs and line breaks that say nothing of a secret. */
const around = fc
  .array(
    fc.constantFrom(
      'pod',
      'kube-system',
      '10.0.0.1',
      '{',
      '}',
      '"',
      "'",
      ',',
      '[',
      '(',
      'a=b',
      'é',
      '\n',
      '\\n',
      '-',
      '0',
      '#',
    ),
    {
      maxLength: 6,
    },
  )
  .map(words => words.join(' '));

describe('the samples that began it', () => {
  it.each(samples)('$name', ({ textBase64, needleBase64 }) => {
    expectGone({ text: text(textBase64), needle: text(needleBase64) }, whole => whole);
  });
});

describe('a secret that tells by itself what it is does not survive', () => {
  it.each(Object.entries(shapes))('%s', (_name, shape) => {
    fc.assert(
      fc.property(
        shape,
        around,
        around,
        fc.constantFrom(...Object.values(containers)),
        (planted, before, after, wrap) => {
          expectGone(planted, inner => wrap(`${before} ${inner} ${after}`));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('what stands under the name of a secret does not survive', () => {
  it.each(Object.keys(spellings))('%s', spelling => {
    fc.assert(
      fc.property(fields(spelling), fc.constantFrom(...Object.values(containers)), (planted, wrap) => {
        expectGone(planted, wrap);
      }),
      { numRuns: 60 },
    );
  });
});

describe('a secret of several lines does not survive', () => {
  it.each(Object.entries(documents))('%s', (_name, document) => {
    fc.assert(
      fc.property(document, fc.constantFrom(...Object.values(containers)), (planted, wrap) =>
        expectGone(planted, wrap),
      ),
      { numRuns: 40 },
    );
  });
});

describe('a file', () => {
  const anything = fc.oneof(
    ...Object.values(shapes),
    ...Object.values(documents),
    ...Object.keys(spellings).map(fields),
  );
  const manyLines = fc
    .array(
      fc.oneof({ weight: 3, arbitrary: anything.map(planted => planted.text) }, { weight: 1, arbitrary: around }),
      { maxLength: 12 },
    )
    .map(lines => Buffer.from(lines.join('\n')));

  it('comes out the same wherever it was cut into pieces', () => {
    const cutUp = manyLines.chain(bytes => fc.tuple(fc.constant(bytes), cut(bytes)));
    fc.assert(
      fc.property(cutUp, ([bytes, pieces]) => {
        const whole = redactor.file();
        const expected = Buffer.concat([whole.push(bytes), whole.end().rest]);
        const file = redactor.file();
        const parts = pieces.map(piece => file.push(piece));
        expect(Buffer.concat([...parts, file.end().rest]).toString()).toBe(expected.toString());
      }),
      { numRuns: 100 },
    );
  });

  it('comes out the same where blocks of it are written while it is read', () => {
    fc.assert(
      fc.property(manyLines, fc.integer({ min: 1000, max: 300_000 }), (bytes, pieceBytes) => {
        const filler = Buffer.from('2026-11-22T18:57:20Z stderr F nothing to see here\n'.repeat(6000));
        const long = Buffer.concat([filler, bytes, Buffer.from('\n'), filler, bytes, Buffer.from('\n'), filler]);
        const alone = redactor.text(`${filler}${bytes}\n${filler}${bytes}\n`).text;
        const file = redactor.file();
        const parts: Uint8Array[] = [];
        for (let at = 0; at < long.length; at += pieceBytes) parts.push(file.push(long.subarray(at, at + pieceBytes)));
        expect(parts.some(part => part.length > 0)).toBe(true);
        expect(
          Buffer.concat([...parts, file.end().rest])
            .toString()
            .startsWith(alone),
        ).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  it.each(Object.entries(documents))('of which a part was read long before the rest: %s', (_name, document) => {
    const filler = '2026-11-22T18:57:20Z stderr F nothing to see here\n'.repeat(6000);
    const placed = document.chain(planted => fc.tuple(fc.constant(planted), fc.nat({ max: planted.text.length })));
    fc.assert(
      fc.property(placed, ([{ text, needle }, at]) => {
        const file = redactor.file();
        // Blocks are of 256 KiB: the second ends where the text is cut.
        const before = Buffer.from(`${filler.repeat(2)}${text.slice(0, at)}`).subarray(-512 * 1024);
        const first = file.push(before);
        const second = file.push(Buffer.from(`${text.slice(at)}\n${filler}`));
        expect(first.length).toBeGreaterThan(0);
        expect(Buffer.concat([first, second, file.end().rest]).toString()).not.toContain(needle);
      }),
      { numRuns: 5 },
    );
  });

  it('that is compressed is no way out', async () => {
    await fc.assert(
      fc.asyncProperty(anything, async planted => {
        const stream = redactStream(redactor, [gzipSync(planted.text)]);
        const out: Uint8Array[] = [];
        for await (const piece of stream.pieces) out.push(piece);
        expect(gunzipSync(Buffer.concat(out)).toString()).not.toContain(planted.needle);
      }),
      { numRuns: 60 },
    );
  });

  it('that is no UTF-8 loses only the lines that are not', () => {
    const bytes = Buffer.concat([
      Buffer.from('first\n'),
      Buffer.from([0x70, 0xff, 0x73]),
      Buffer.from('\npassword: hunter2\nlast\n'),
    ]);
    const file = redactor.file();
    const clean = Buffer.concat([file.push(bytes), file.end().rest]).toString();
    expect(clean).toMatch(/^first\n<redacted:not-utf-8:\w{8}>\npassword: <redacted:password:\w{8}>\nlast\n$/);
  });
});
