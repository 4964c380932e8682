import { weightOf } from '../../agent/cli/explain.ts';
import { type CheckEntry, type CheckGroup, checkTable } from '../../bootstrap/preflight/check-table.ts';

/** docs/preflight.md: how the checks work, and a table of each group. */
export function preflightPage(): string {
  const entries = Object.entries<CheckEntry>(checkTable);
  return [
    ...introduction,
    ...Object.entries(groups).flatMap(([group, title]) => [
      `### ${title}`,
      '',
      '| id | when | what holds | required | blocks | why |',
      '|---|---|---|---|---|---|',
      ...entries.filter(([, entry]) => entry.group === group).map(([id, entry]) => row(id, entry)),
      '',
    ]),
  ].join('\n');
}

const groups: Readonly<Record<CheckGroup, string>> = {
  os: 'Operating system',
  compute: 'Processors and memory',
  storage: 'Disks',
  identity: 'Who this machine is',
  residue: 'What an earlier cluster left behind',
  ports: 'Ports',
  network: 'Network and the way to the Controller',
  firewall: 'Firewall',
  time: 'Clock',
  runtime: 'Container runtime',
  components: 'What the image holds',
  inputs: 'What conjurer was given',
};

function row(id: string, entry: CheckEntry): string {
  const { phase, title, required, why } = entry;
  return `| \`${id}\` | ${phase} | ${title} | ${required} | ${weightOf(entry)} | ${why} |`;
}

const introduction = [
  '# Preflight',
  '',
  'Made by `npm run docs` from `bootstrap/preflight/check-table.ts` and `build/docs/preflight-page.ts`. `conjurer explain ID` prints a check offline.',
  '',
  '```console',
  'sudo conjurer preflight                      # every check, as a list; changes nothing',
  'sudo conjurer preflight --json               # conjurer.preflight/v1, one object',
  'sudo conjurer preflight --junit checks.xml   # JUnit too, one test case a check',
  '```',
  '',
  "The vendor's documented line with a trailing `-t` is the same command.",
  '',
  '| mark | status | means |',
  '|---|---|---|',
  '| `[+]` | `pass` | it holds |',
  '| `[!]` | `warn` | it does not hold, and this machine can become a node all the same; a failure that is waived shows this mark too |',
  '| `[-]` | `fail` | it does not hold, and `conjurer run` ends with status 3 |',
  '| `[ ]` | `skip` | it does not concern this machine; the line says why |',
  '| `[?]` | `error` | could not tell: a file that may not be read, a program that is missing, no answer in time. No failure |',
  '',
  'Exit statuses: 0 all is well, 3 a blocking check failed, 4 nothing failed that is not waived, but there are warnings.',
  '',
  '## How they work',
  '',
  '- One check is one fact. All are made at once, each with its own time limit; one that hangs costs only itself.',
  '- None changes the machine. Two leave nothing behind although they act: `fsync` writes to a file without a name, and `kernel-features` makes a namespace for a moment.',
  '- Those marked host are a stage of `conjurer run`, before anything is changed and before the network is touched. Those marked network belong to the stage `connectivity`, once the Controller answers.',
  '- In a run what a stage judges by itself ends it with the status of that stage, and not with 3: the inputs (78), the components (5), the way to the Controller and its version. A clock that is off is set by the signed time of the Controller, where a certificate is refused for it.',
  '- What stops a machine before its activation is told to the Controller all the same ([protocol.md](protocol.md)): it registers once with the report, and waits for nobody.',
  '- What a later stage judges by itself, as the manifest and the credentials, a run leaves to that stage; `conjurer preflight` looks at it too.',
  '- As another user than root they do what they can: what may not be read is `error`, with the reason.',
  '- With `--root DIR` what only a running system can say is skipped, since the kernel here is not that of the tree. A tree with a `/proc` of its own is a system of its own.',
  '- Once the node is activated, what fails is told and ends no run: a node that serves is not stopped for a disk that fills up.',
  '- Root keeps the statuses in `/var/lib/conjurer/preflight.json`; what has changed since then is marked in the list and in `changed.from`.',
  '',
  '## Thresholds',
  '',
  "Defaults, over them `requirements` of the image's signed manifest, over it `conjurer.yaml`:",
  '',
  '```yaml',
  'preflight:',
  '  requirements: { cpu: 4, memoryMiB: 8192, diskGiB: 80, rootFreeGiB: 20, kernel: "5.15", rawVolumeGiB: 100 }',
  '```',
  '',
  '`rawVolumeGiB` asks for an empty disk of this size, and `nameServerPort: true` for port 53; without them nobody looks.',
  '',
  '## Waivers',
  '',
  '```yaml',
  'preflight:',
  '  waive: [{ id: memory, reason: "lab VM", author: "J. Doe", expires: 2027-01-31 }]',
  '```',
  '',
  'A waiver holds to the end of its day in UTC, or to the second where a time is given. The check keeps its status and bears `waived` in the report, in the list, and in what the Controller is sent. One that has ended does not hold, and the line says so. A few checks cannot be waived.',
  '',
  '## Checks',
  '',
];
