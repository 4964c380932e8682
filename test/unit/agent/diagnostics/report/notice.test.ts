import { describe, expect, test } from 'vitest';
import { createNotice } from '../../../../../agent/diagnostics/report/notice.ts';
import { samples } from './rule-samples.ts';

const noticeFor = createNotice();

/** In a piece for each line, every second of which begins at an odd address. */
function isTelling(path: string, text: string): boolean {
  const notice = noticeFor(path);
  for (const [number, line] of text.split(/(?<=\n)/).entries()) {
    const shift = number % 2;
    const bytes = Buffer.from(line);
    const piece = new Uint8Array(new ArrayBuffer(bytes.length + shift), shift);
    piece.set(bytes);
    notice.look(piece);
  }
  return notice.isTelling();
}

const found = Object.entries(samples).flatMap(([id, { found }]) =>
  found.flatMap(one => ('files' in one ? [[id, one.at.slice(0, one.at.lastIndexOf(':')), one.files] as const] : [])),
);

describe('what a rule finds is noticed', () => {
  test.each(found)('%s in %s', (_id, path, files) => {
    expect(isTelling(path, files[path] ?? '')).toBe(true);
    expect(isTelling(path, `x\n\n${files[path] ?? ''}`)).toBe(true);
  });
});

test('logs that say nothing, and files that no rule asks for, are passed over', () => {
  const line = 'I1122 18:57:20.000001 1 reconciler.go:12] operation 1 took 3 ms and the queue holds 4 items\n';
  expect(isTelling('pods/logs/kube-system_etcd-edge_1/etcd/0.log', line.repeat(3))).toBe(false);
  expect(isTelling('journals/kubelet.log', line.repeat(3))).toBe(false);
  expect(isTelling('network/hosts', 'no space left on device\n')).toBe(false);
  expect(isTelling('journals/kubelet.log', '')).toBe(false);
});
