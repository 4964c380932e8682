import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type BrowserContextOptions, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReportInput } from '../../agent/diagnostics/report/input.ts';
import { makeReport } from '../../agent/diagnostics/report/report.ts';
import { onRung } from '../binary/build/rung.ts';
import { chromiumPath } from '../support/chromium.ts';
import { entry, failedBoot } from '../support/failed-boot.ts';
import { bodyStyle, focused, intrude, objections, outside, unfold, widths } from './in-page.ts';

const axeSource = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const phone: BrowserContextOptions = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
const desk: BrowserContextOptions = { viewport: { width: 1280, height: 900 } };
const obstacle = chromiumPath === null ? 'there is no chromium on this machine' : null;

onRung("the bundle's report in a browser", obstacle, () => {
  let browser: Browser;
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'conjurer-report-'));
    const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args });
  });
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  /** What the page asked for and complained of lies in `asked` and `said` until the page is closed. */
  async function open(input: ReportInput, options: BrowserContextOptions = desk) {
    const file = path.join(folder, 'report.html');
    await writeFile(file, (await makeReport(input)).html);
    const context = await browser.newContext(options);
    const page = await context.newPage();
    const asked: string[] = [];
    const said: string[] = [];
    page.on('request', request => asked.push(request.url()));
    page.on('console', message => said.push(message.text()));
    page.on('pageerror', error => said.push(error.message));
    page.on('dialog', dialog => {
      said.push(dialog.message());
      void dialog.dismiss();
    });
    const address = pathToFileURL(file).href;
    await page.goto(address);
    return { page, asked, said, address, close: () => context.close() };
  }

  describe.each([
    ['a desk', desk],
    ['a phone', phone],
    ['a phone in the dark', { ...phone, colorScheme: 'dark' }],
    ['a desk in the dark', { ...desk, colorScheme: 'dark' }],
  ] as const)('on %s', (_where, options) => {
    test('asks for nothing but itself, complains of nothing, and is no wider than the screen', async () => {
      const { page, asked, said, address, close } = await open(failedBoot(), options);
      await page.evaluate(unfold);
      expect(asked).toEqual([address]);
      expect(said).toEqual([]);
      const { wide, room } = await page.evaluate(widths);
      expect(wide).toBe(room);
      expect(await page.evaluate(outside)).toEqual([]);
      await close();
    });

    test('leaves no person out, as far as axe can tell', async () => {
      const { page, close } = await open(failedBoot(), { ...options, bypassCSP: true });
      await page.evaluate(unfold);
      await page.addScriptTag({ path: axeSource });
      const problems = await page.evaluate(objections);
      expect(problems).toEqual([]);
      await close();
    });
  });

  test('says first what stands, since when, who must act and what to type', async () => {
    const { page, close } = await open(failedBoot(), phone);
    const verdict = page.locator('.verdict');
    expect(await verdict.locator('.sentence').textContent()).toBe(
      'edge-0042 has stood still in components since 2026-11-22 08:03:41 UTC (28 min): a file system is full; the technician at this machine has to act.',
    );
    expect(await verdict.locator('.next').textContent()).toMatch(/^df -h; .*conjurer run$/);
    const next = await verdict.locator('.next').boundingBox();
    expect((next?.y ?? Number.NaN) + (next?.height ?? Number.NaN)).toBeLessThan(740);
    await close();
  });

  test('is darker in the dark, by what the person set', async () => {
    const ground = async (colorScheme: 'light' | 'dark') => {
      const { page, close } = await open(failedBoot(), { ...desk, colorScheme });
      const { ground: colour } = await page.evaluate(bodyStyle);
      await close();
      return Math.max(...(colour.match(/\d+/g) ?? []).map(Number));
    };
    expect(await ground('light')).toBeGreaterThan(200);
    expect(await ground('dark')).toBeLessThan(60);
  });

  test('is walked through with the keyboard in the order of the page, and unfolds by it', async () => {
    const { page, close } = await open(failedBoot());
    const walked: string[] = [];
    for (let step = 0; step < 60; step += 1) {
      await page.keyboard.press('Tab');
      const reached = await page.evaluate(focused);
      if (reached === null) break;
      expect(reached.outline, reached.text).not.toBe('none');
      walked.push(reached.text);
    }
    expect(walked.slice(0, 3)).toEqual(['Skip to the findings', 'Findings', 'Timeline']);
    expect(walked.indexOf('Contents')).toBeLessThan(walked.indexOf('disks/df.txt:2'));
    expect(walked.indexOf('disks/df.txt:2')).toBeLessThan(walked.indexOf('The same in words'));
    expect(walked.at(-1)).toMatch(/entries$/);
    const words = page.locator('summary', { hasText: 'The same in words' });
    await words.focus();
    await page.keyboard.press('Enter');
    expect(await page.getByText('done 70 s, 5 retries (say hello: E_CONTROLLER_UNREACHABLE)').isVisible()).toBe(true);
    await page.locator('.skip').focus();
    await page.keyboard.press('Enter');
    expect(new URL(page.url()).hash).toBe('#findings');
    await close();
  });

  test('draws every lane inside the picture, in the order of time, with a name for those who do not see it', async () => {
    const { page, close } = await open(failedBoot(), phone);
    const picture = page.getByRole('img', { name: /^Boot, attempts and stages from 06:10:11 to 08:03:41 UTC/ });
    const area = await picture.boundingBox();
    const boxes = await picture.locator('rect.done, rect.failed-bar, rect.boot, rect.interrupted').evaluateAll(nodes =>
      nodes.map(node => {
        const { left, right, width } = node.getBoundingClientRect();
        return { label: node.textContent ?? '', left, right, width };
      }),
    );
    expect(boxes.length).toBe(12);
    for (const { left, right, width } of boxes) {
      expect(left).toBeGreaterThanOrEqual((area?.x ?? 0) - 0.5);
      expect(right).toBeLessThanOrEqual((area?.x ?? 0) + (area?.width ?? 0) + 0.5);
      expect(width).toBeGreaterThan(1);
    }
    const begin = (label: string) => boxes.find(one => one.label.startsWith(label))?.left ?? Number.NaN;
    const order = ['interrupted in register', 'kernel', 'userspace', 'facts', 'connectivity', 'components'].map(begin);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(await picture.locator('.retry').count()).toBe(6);
    expect(await picture.locator('.failure').count()).toBe(1);
    await close();
  });

  test('is printed without navigation, in dark ink, and nothing is cut off at the right', async () => {
    const { page, close } = await open(failedBoot(), { ...desk, colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await page.setViewportSize({ width: 720, height: 1000 });
    expect(await page.locator('nav').isVisible()).toBe(false);
    expect(await page.evaluate(bodyStyle)).toEqual({ ground: 'rgb(255, 255, 255)', ink: 'rgb(0, 0, 0)' });
    expect(await page.evaluate(outside)).toEqual([]);
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    await close();
  });

  test('shows hostile evidence as text: no element, no attribute, no script and no request comes of it', async () => {
    const hostile = [
      '</pre><script>alert(1)</script><img src="https://example.invalid/x" onerror="alert(2)">',
      '"><a href="javascript:alert(3)">x</a><svg onload=alert(4)>',
      "'><iframe src=https://example.invalid></iframe><!--",
      '</style><style>body{background:url(https://example.invalid/y)}</style>',
      '<meta http-equiv=refresh content="0;url=https://example.invalid/z"><base href="https://example.invalid/">',
    ];
    const { page, asked, said, address, close } = await open(hostileBoot(hostile));
    await page.evaluate(unfold);
    expect(asked).toEqual([address]);
    expect(said).toEqual([]);
    expect(page.url()).toBe(address);
    expect(
      await page.locator('script, img, iframe, base, object, embed, form, input, [onload], [onerror]').count(),
    ).toBe(0);
    expect(await page.locator('style').count()).toBe(1);
    expect(await page.locator('meta[http-equiv]').count()).toBe(1);
    const links = await page.locator('a').evaluateAll(nodes => nodes.map(node => node.getAttribute('href') ?? ''));
    expect(links.filter(href => !/^(#[a-z-]+|\.\/[\w%./'()*!~-]+)$/.test(href))).toEqual([]);
    const text = await page.locator('body').textContent();
    for (const line of hostile) expect(text).toContain(line);
    await close();
  });

  test('would not run a script even if one came through: the policy of the page forbids it', async () => {
    const { page, close } = await open(failedBoot());
    expect(await page.evaluate(intrude)).toEqual({ script: false, style: false });
    await close();
  });

  test('of a machine of which nothing is known is a whole page too', async () => {
    const nothing: ReportInput = {
      ...failedBoot(),
      edgeName: null,
      bootedAt: null,
      image: null,
      preflight: null,
      validation: null,
      status: null,
      recordings: { run: null, preflight: null, validate: null },
      entries: [],
    };
    const { page, asked, said, address, close } = await open(nothing, phone);
    expect({ asked, said }).toEqual({ asked: [address], said: [] });
    expect(await page.locator('.sentence').textContent()).toContain('This machine has not been brought up');
    expect(await page.evaluate(outside)).toEqual([]);
    await close();
  });
});

/** Evidence, names, checks and errors that try to become a part of the page. */
function hostileBoot(hostile: readonly string[]): ReportInput {
  const input = failedBoot({
    'journals/errors.log': hostile.map(line => `kernel: Out of memory: Killed process 1 ${line}`).join('\n'),
    [`pods/etcd${hostile[1]}/../0.log`]: `mvcc: database space exceeded ${hostile[0]}`,
  });
  const path = `pods/${hostile[0]}`;
  return {
    ...input,
    edgeName: `edge ${hostile[1]}`,
    image: { name: hostile[2] ?? '', version: hostile[3] ?? '', buildId: hostile[4] ?? '' },
    preflight: input.preflight && {
      ...input.preflight,
      checks: hostile.map(line => ({
        id: line,
        title: line,
        phase: 'host',
        status: 'fail',
        observed: line,
        required: line,
        why: line,
        fix: line,
        durationMs: 1,
        waived: { reason: line, author: line, expires: line },
      })),
    },
    entries: [...input.entries, entry(path, { outcome: 'failed', reason: hostile[1] ?? '', source: hostile[2] ?? '' })],
  };
}
