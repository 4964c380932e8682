import { expect, it } from 'vitest';
import { createHint } from '../../../../agent/cli/hint.ts';

const text = 'conjurer plan, then: sudo conjurer run --yes; conjurer --version';

it.each([
  [['run'], text],
  [
    ['--root', '/mnt', 'run'],
    'conjurer --root /mnt plan, then: sudo conjurer --root /mnt run --yes; conjurer --version',
  ],
  [
    ['run', '--root=../a b'],
    "conjurer --root '../a b' plan, then: sudo conjurer --root '../a b' run --yes; conjurer --version",
  ],
  [
    ['--root', '/a', '--root', "/it's $&"],
    text.replaceAll(/conjurer (?=plan|run)/g, () => "conjurer --root '/it'\\''s $&' "),
  ],
  [['run', '--root'], text],
])('%j', (argv, wanted) => {
  expect(createHint(argv)(text)).toBe(wanted);
});

it('what is no command of ours stays', () => {
  const hint = createHint(['--root', '/mnt']);
  for (const other of ['conjurer runs', 'the conjurer', 'conjurer tries again', 'conjurer.yaml'])
    expect(hint(other)).toBe(other);
});
