import path from 'node:path';
import { paths } from '../../agent/config/paths.ts';
import { startController } from '../controller/start.ts';
import { operatorLog, operatorUnit } from '../support/stand-in/install.ts';
import { openAdmin } from './admin.ts';
import { approveWhileItWaits, compareClaims } from './approval.ts';
import { buildBinary } from './binary.ts';
import { openConjurer } from './conjurer.ts';
import { writeImage } from './image.ts';
import { typed } from './project.ts';
import { type Screen, seconds } from './screen.ts';
import { Trouble } from './trouble.ts';
import { openWorkplace, type Workplace } from './workplace.ts';
import { differences, type Listing, listTree, showChanges } from './written.ts';

export interface StoryOptions {
  /** A person approves, not the demo. */
  readonly manual: boolean;
  /** What the demo wrote stays. */
  readonly keep: boolean;
  readonly screen: Screen;
  readonly signal: AbortSignal;
  /** Does this at the end, however the demo ends; the last one given comes first. */
  atEnd(work: () => void | Promise<void>): void;
}

const EDGE = 'edge-demo';
const LIMIT_MS = 120_000;
const A_PERSON_MS = 24 * 3_600_000;

/** From the build to a machine that is handed off. Every step throws where it does not go as it should. */
export async function tellStory(options: StoryOptions): Promise<void> {
  const { manual, screen, signal } = options;

  screen.heading('The binary');
  const binary = await buildBinary(screen, signal);
  const began = Date.now();

  screen.heading('The Controller');
  const workplace = openWorkplaceFor(options);
  const controller = await startController({ data: workplace.controller, settings: { retryAfterSeconds: 1 } });
  options.atEnd(() => controller.close());
  const admin = openAdmin(controller, screen);
  const files = await controller.admin.createCluster({ clusterId: 'demo' });
  await controller.admin.setConfig('demo', CONFIGURATION);
  screen.remark(`a reference Controller with a CA of its own listens on ${controller.url}`);
  screen.remark('its cluster demo has a configuration, and two files for its machines: passphrase, credentials.pem');
  signal.throwIfAborted();

  screen.heading('The machine');
  await writeImage(workplace.tree, { edgeName: EDGE, ...files });
  screen.remark(`${workplace.tree} stands for / of ${EDGE}: what its image holds, and those two files`);
  screen.remark(`its service manager is a stand-in; ${operatorUnit} is the reference operator, not started yet`);
  const image = await listTree(workplace.tree);
  const conjurer = openConjurer(binary, workplace.tree, screen, signal);

  screen.heading('On the machine: register');
  await conjurer.show(['run', '--no-wait'], 20, LIMIT_MS);
  screen.remark('status 20: it waits for a person, and goes on where it stands when it is run again');

  screen.heading('On the Controller: who is that?');
  await admin.list();
  const registration = await compareClaims(conjurer, admin, EDGE, screen);

  screen.heading('On the machine: go on to hand-off');
  const asking = approveWhileItWaits({ conjurer, admin, registration, manual, screen, signal });
  try {
    await conjurer.show(['run'], 0, manual ? A_PERSON_MS : LIMIT_MS);
  } finally {
    await asking.end();
  }
  await sayOperator(workplace.tree, screen);

  screen.heading('On the machine: once more');
  const handedOff = await listTree(workplace.tree);
  const again = await conjurer.show(['run'], 0, LIMIT_MS);
  const after = await listTree(workplace.tree);
  showNothingChanged(handedOff, after, again, screen);

  screen.heading('Where to look');
  await conjurer.show(['status'], 0, LIMIT_MS);
  await admin.list();
  screen.remark(`log of conjurer: ${path.join(workplace.tree, paths.log)}`);
  screen.remark('what conjurer wrote (+) and removed (-) on the machine:');
  showChanges(image, after, screen);
  screen.remark('on a real machine the same: sudo conjurer run, conjurer status, conjurer explain CODE');

  screen.heading('The end');
  screen.remark(`${seconds(Date.now() - began)} in all, without the build`);
}

const CONFIGURATION = {
  handoff: { driver: 'systemd', operator: { name: 'k8s-mgmt-operator', version: '2.0.0', unit: operatorUnit } },
  reporting: { heartbeatSeconds: 5 },
} as const;

function openWorkplaceFor({ keep, screen, atEnd }: StoryOptions): Workplace {
  const workplace = openWorkplace();
  atEnd(async () => {
    await workplace.endPrograms();
    if (!keep) return workplace.remove();
    screen.remark(`kept: ${workplace.folder}; when you have seen it: rm -r ${typed(workplace.folder)}`);
  });
  return workplace;
}

async function sayOperator(tree: string, screen: Screen): Promise<void> {
  screen.remark('the operator, since its unit was started:');
  for (const line of (await operatorLog(tree)).trim().split('\n')) screen.line(line);
}

/** What a run keeps of itself whatever it does, and the numbers of its reports to the Controller. */
const OF_THE_RUN = [paths.status, paths.log, paths.events, paths.joinState];

function showNothingChanged(before: Listing, after: Listing, tookMs: number, screen: Screen): void {
  const changed = differences(before, after).filter(file => !OF_THE_RUN.some(own => own === file));
  if (changed.length === 0) {
    screen.remark(
      `${seconds(tookMs)}: every stage is proved, nothing was changed; new are only status, log and reports`,
    );
    return;
  }
  throw new Trouble('a second run changed what the first had done', {
    seen: changed.join(', '),
    next: 'npm run demo -- --keep, and compare these files',
  });
}
