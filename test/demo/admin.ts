import type { AdminClient } from '../controller/admin/client.ts';
import { commands } from '../controller/admin/commands.ts';
import type { RunningController } from '../controller/start.ts';
import { project, typed } from './project.ts';
import type { Screen } from './screen.ts';
import { Trouble } from './trouble.ts';

/** The admin of the Controller: what the web console does by hand, by the admin client. */
export interface Admin {
  /** As a person would type it in another terminal. */
  commandLine(...args: string[]): string;
  /** Shows what `list` shows. */
  list(): Promise<void>;
  /** The registration of this machine as the Controller has it. */
  registration(edgeName: string): Promise<Registration>;
  approve(registration: Registration): Promise<void>;
}

type Registration = Awaited<ReturnType<AdminClient['registrations']>>[number];

export function openAdmin({ admin, data }: RunningController, screen: Screen): Admin {
  const commandLine = (...args: string[]) =>
    ['npm', 'run', '--silent', 'controller:admin', '--', '--data', data, ...args].map(typed).join(' ');
  return {
    commandLine: (...args) => `cd ${typed(project)} && ${commandLine(...args)}`,
    async list() {
      screen.command(commandLine('list'));
      const { list } = commands;
      await list?.run({
        admin,
        words: [],
        flags: {},
        print: screen.line,
        note: screen.line,
        confirm: async () => false,
      });
    },
    async registration(edge) {
      const [registration, ...others] = await admin.registrations({ edge });
      if (registration !== undefined && others.length === 0) return registration;
      throw new Trouble('the Controller does not list the machine once', {
        seen: `${registration === undefined ? 'no' : others.length + 1} registrations of ${edge}`,
        next: 'npm run demo -- --keep, then: npm run controller',
      });
    },
    async approve({ registrationId, keyFingerprint }) {
      await admin.approve(registrationId, keyFingerprint);
    },
  };
}
