import { expect, test } from 'vitest';
import { runCommand } from '../../../../bootstrap/host/command.ts';

test('each line is told whole, however it was written', async () => {
  const lines: string[] = [];
  const script = 'printf "one\\ntw"; sleep 0.05; printf "o\\n\\303"; sleep 0.05; printf "\\274\\nno line"';
  const result = await runCommand(['sh', '-c', script], { onLine: line => void lines.push(line) });
  expect(lines).toEqual(['one', 'two', 'ü']);
  expect(result.stdout).toBe('one\ntwo\nü\nno line');
});
