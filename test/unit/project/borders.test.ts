import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lint, repository } from './biome.ts';

/** A file that steps over a border, and the words by which the linter must send its author to the right door. */
interface Crossing {
  readonly file: string;
  readonly code: string;
  readonly says: string;
}

const host = 'The door to files and programs is the Host (bootstrap/host/host.ts)';
const network = 'The door to the network is agent/controller';
const renderer = 'Text for a person goes through the Renderer (agent/cli/render.ts)';
const namespace = "Write `import * as z from 'zod'`";
const end = 'only agent/main.ts ends the process';
const stays = 'Nothing outside of test/ imports test/';
const bootstrap = 'bootstrap/ knows nothing of agent/';
const port = 'bootstrap/host is the port to the machine';
const pipeline = 'agent/pipeline knows stages and changes by their contracts only';
const controller = 'agent/controller is the port to the Controller';
const config = 'agent/config holds settings and paths';
const enrolment = 'agent/enrolment holds stages and changes, which the pipeline walks';
const commandLine = 'Only agent/main.ts knows the command line';
const cli = 'A command asks the Agent (agent/agent.ts)';

const crossings: readonly Crossing[] = [
  { file: 'agent/enrolment/crosses/fs.ts', code: "import 'node:fs';", says: host },
  { file: 'agent/config/fs.ts', code: "import 'node:fs/promises';", says: host },
  { file: 'agent/controller/fs.ts', code: "import 'node:fs';", says: host },
  { file: 'bootstrap/facts/child.ts', code: "export const run = await import('node:child_process');", says: host },
  { file: 'agent/cli/child.ts', code: "export { spawn } from 'node:child_process';", says: host },
  { file: 'agent/enrolment/undici.ts', code: "import 'undici';", says: network },
  { file: 'bootstrap/host/net.ts', code: "import 'node:net';", says: network },
  { file: 'agent/tls.ts', code: "import 'node:tls';", says: network },
  { file: 'agent/cli/http.ts', code: "import 'node:http';", says: network },
  { file: 'agent/pipeline/https.ts', code: "import 'node:https';", says: network },
  { file: 'bootstrap/facts/dns.ts', code: "import 'node:dns/promises';", says: network },
  { file: 'build/net.ts', code: "import 'node:net';", says: network },
  { file: 'agent/enrolment/fetch.ts', code: "await fetch('https://controller.example');", says: network },
  { file: 'agent/wire.ts', code: "await fetch('https://controller.example');", says: network },
  { file: 'agent/enrolment/console.ts', code: "console.log('hello');", says: renderer },
  { file: 'agent/controller/console.ts', code: "console.error('hello');", says: renderer },
  { file: 'agent/cli/commands/stdout.ts', code: "process.stdout.write('hello');", says: renderer },
  { file: 'agent/cli/commands/exit.ts', code: 'process.exit(1);', says: end },
  { file: 'bootstrap/changes/exit.ts', code: 'process.exitCode = 1;', says: end },
  { file: 'agent/config/zod.ts', code: "import { z } from 'zod';\nexport const a = z.string();", says: namespace },
  {
    file: 'bootstrap/facts/zod.ts',
    code: "import type { z } from 'zod';\nexport type A = z.ZodType;",
    says: namespace,
  },
  { file: 'agent/enrolment/test.ts', code: "import '../../test/support/proxy.ts';", says: stays },
  { file: 'bootstrap/facts/test.ts', code: "export type X = import('../../test/x.ts').X;", says: stays },
  { file: 'build/test.ts', code: "await import('../test/controller/main.ts');", says: stays },
  { file: 'bench/test.mjs', code: "import '../test/support/proxy.ts';", says: stays },
  { file: 'bootstrap/agent.ts', code: "import '../agent/version.ts';", says: bootstrap },
  {
    file: 'bootstrap/changes/agent.ts',
    code: "import type { X } from '../../agent/config/paths.ts';",
    says: bootstrap,
  },
  { file: 'bootstrap/host/facts.ts', code: "import '../facts/facts.ts';", says: port },
  { file: 'agent/operation.ts', code: "import './cli/render.ts';", says: commandLine },
  { file: 'agent/pipeline/enrolment.ts', code: "import '../enrolment/state.ts';", says: pipeline },
  { file: 'agent/pipeline/config.ts', code: "import '../config/paths.ts';", says: pipeline },
  { file: 'agent/pipeline/root.ts', code: "import '../run.ts';", says: pipeline },
  { file: 'agent/pipeline/facts.ts', code: "import '../../bootstrap/facts/gather.ts';", says: pipeline },
  { file: 'agent/controller/config.ts', code: "import '../config/load.ts';", says: controller },
  { file: 'agent/controller/identity/enrolment.ts', code: "import '../../enrolment/state.ts';", says: controller },
  { file: 'agent/controller/identity/root.ts', code: "import '../../version.ts';", says: controller },
  { file: 'agent/config/pipeline.ts', code: "import '../pipeline/events.ts';", says: config },
  { file: 'agent/config/controller.ts', code: "import '../controller/transport.ts';", says: config },
  { file: 'agent/enrolment/pipeline.ts', code: "import '../pipeline/runner.ts';", says: enrolment },
  { file: 'agent/enrolment/changes/cli.ts', code: "import '../../cli/render.ts';", says: enrolment },
  { file: 'agent/enrolment/drivers/root.ts', code: "import '../../run.ts';", says: enrolment },
  { file: 'agent/cli/enrolment.ts', code: "import '../enrolment/state.ts';", says: cli },
  { file: 'agent/cli/commands/controller.ts', code: "import '../../controller/transport.ts';", says: cli },
  { file: 'agent/cli/commands/root.ts', code: "await import('../../run.ts');", says: cli },
  {
    file: 'agent/pipeline/first.ts',
    code: "import { second } from './second.ts';\nexport const first = () => second;",
    says: 'This import is part of a cycle',
  },
  {
    file: 'agent/pipeline/second.ts',
    code: "import { first } from './first.ts';\nexport const second = () => first;",
    says: 'This import is part of a cycle',
  },
  {
    file: 'bootstrap/floating.ts',
    code: 'async function work(): Promise<number> {\n  return 1;\n}\nwork();',
    says: 'A "floating" Promise was found',
  },
  { file: 'bootstrap/any.ts', code: 'export const x: any = 1;', says: 'Unexpected any' },
  {
    file: 'bootstrap/suppressed.ts',
    code: '// biome-ignore lint/suspicious/noExplicitAny:\nexport const x: any = 1;',
    says: 'A reason is mandatory',
  },
  { file: 'bootstrap/ts.ts', code: '// @ts-ignore\nexport const x: string = 1;', says: '@ts-expect-error' },
  {
    file: 'test/unit/skip.test.ts',
    code: "import { it } from 'vitest';\nit.skip('x', () => {});",
    says: 'disable tests',
  },
  {
    file: 'test/unit/only.test.ts',
    code: "import { it } from 'vitest';\nit.only('x', () => {});",
    says: 'focus the test',
  },
];

/** The doors themselves, and what a folder may import: none of it is refused. */
const allowed: Readonly<Record<string, string>> = {
  'bootstrap/host/door.ts': "import 'node:fs';\nimport 'node:child_process';",
  'agent/controller/door.ts': "import 'node:net';\nimport 'undici';\nawait fetch('https://controller.example');",
  'agent/controller/identity/door.ts': "import '../pem.ts';\nimport '../../../bootstrap/errors.ts';",
  'agent/cli/render.ts': "process.stdout.write('hello');\nconsole.log('hello');\nprocess.exit(0);",
  'agent/cli/commands/door.ts': "import '../render.ts';\nimport '../../agent.ts';\nimport '../../pipeline/stages.ts';",
  'agent/cli/door.ts': "import '../controller/protocol.ts';\nimport '../wire.ts';",
  'agent/pipeline/door.ts': "import '../../bootstrap/stage.ts';\nimport '../../bootstrap/host/host.ts';",
  'agent/config/door.ts': "import '../controller/patience.ts';\nimport '../../bootstrap/host/files.ts';",
  'agent/enrolment/changes/door.ts':
    "import '../../pipeline/events.ts';\nimport '../../version.ts';\nimport '../link.ts';",
  'agent/main.ts': "import './cli/render.ts';",
  'agent/door.ts': "import './enrolment/link.ts';\nimport './pipeline/runner.ts';",
  'build/door.ts': "import 'node:fs';\nimport '../agent/cli/exit-status.ts';\nconsole.log('built');",
  'test/support/door.ts':
    "import 'node:net';\nimport 'node:fs';\nimport '../controller/main.ts';\nconsole.log('hello');",
};

let tree = '';
let refused = new Map<string, string[]>();

beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'borders-'));
  for (const name of ['biome.json', 'lint', 'package.json'])
    cpSync(join(repository, name), join(tree, name), { recursive: true });
  for (const { file, code } of crossings) write(file, code);
  for (const [file, code] of Object.entries(allowed)) write(file, code);
  refused = lint(tree, ['--vcs-enabled=false']);
});
afterAll(() => rmSync(tree, { recursive: true, force: true }));

describe('a border', () => {
  test.each(crossings)('is held in $file', ({ file, says }) => {
    expect(refused.get(file)?.join('\n') ?? 'nothing was refused').toContain(says);
  });

  test.each(Object.keys(allowed))('lets through what belongs into %s', file => {
    expect(refused.get(file) ?? []).toEqual([]);
  });
});

function write(file: string, code: string): void {
  const path = join(tree, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${code}\n`);
}
