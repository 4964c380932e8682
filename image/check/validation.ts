import { join } from 'node:path';
import { z } from 'zod';
import { runProgram } from '../tool.ts';
import type { Check } from './check.ts';

const Report = z.object({
  findings: z.array(
    z.object({
      component: z.string(),
      status: z.string(),
      observed: z.string().nullable(),
      expected: z.string().nullable(),
    }),
  ),
});
const Failure = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

/** Only says something. */
const NOTE = 'note';
const OK = 'ok';

const agent = join(import.meta.dirname, '..', '..', 'agent', 'main.ts');

/** conjurer of these sources reads every byte that the manifest declares; it runs nothing that is in the image. */
export const validationCheck: Check = {
  id: 'not-as-signed',
  why: 'the machine stops at its first boot, before it registers',
  fix: 'build the image anew; nothing may be changed after its manifest was signed',
  find: tree => {
    if (!tree.has('/usr/share/conjurer/manifest.json')) return [];
    const args = [agent, '--root', tree.root, 'validate', '--json'];
    const answer: unknown = JSON.parse(runProgram(process.execPath, args, { statuses: [0, 2, 3, 5] }));
    const failure = Failure.safeParse(answer).data;
    if (failure !== undefined) {
      return [{ where: 'manifest', seen: `${failure.error.code}: ${failure.error.message}` }];
    }
    return Report.parse(answer)
      .findings.filter(({ status }) => status !== NOTE && status !== OK)
      .map(({ component, observed, expected }) => ({ where: component, seen: `${observed}, declared: ${expected}` }));
  },
};
