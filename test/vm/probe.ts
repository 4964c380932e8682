import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * The way into a machine that needs neither its network nor a login: a port between QEMU and a small program that
 * cloud-init starts early at each boot (probe.sh). It carries out one script after the other.
 */
export interface Probe {
  /** Waits until the program inside is there. Never rejects for a status; rejects when the machine is switched off. */
  run(script: string): Promise<Ran>;
  /** What a script prints. Throws where it fails. */
  read(script: string): Promise<string>;
}

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** For cloud-init's `bootcmd`. */
export function probeCommand(): string[] {
  const program = readFileSync(path.join(import.meta.dirname, 'probe.sh')).toString('base64');
  const script = `echo ${program} | base64 -d > /run/vm-probe
exec systemd-run --quiet --no-block --collect --unit=vm-probe --property=DefaultDependencies=no sh /run/vm-probe`;
  return ['sh', '-c', script];
}

export async function connectProbe(socket: string, ended: Promise<string>): Promise<Probe> {
  const port = await opened(socket, ended);
  const waiting = new Map<string, { resolve(ran: Ran): void; reject(error: Error): void }>();
  let last = 0;
  createInterface({ input: port }).on('line', line => {
    const [id = '', status, stdout = '', stderr = ''] = line.split(' ');
    waiting.get(id)?.resolve({ status: Number(status), stdout: text(stdout), stderr: text(stderr) });
    waiting.delete(id);
  });
  void ended.then(how => {
    port.destroy();
    for (const { reject } of waiting.values()) reject(new Error(`the machine is off. ${how}`));
  });
  const run: Probe['run'] = script => {
    last += 1;
    const id = String(last);
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      port.write(`${id} ${Buffer.from(script).toString('base64')}\n`);
    });
  };
  return {
    run,
    async read(script) {
      const { status, stdout, stderr } = await run(script);
      if (status !== 0) throw new Error(`status ${status} of ${script}\n${stderr}`);
      return stdout;
    },
  };
}

/** QEMU makes the socket a moment after its start. */
async function opened(socket: string, ended: Promise<string>): Promise<Socket> {
  let over: string | null = null;
  void ended.then(how => {
    over = how;
  });
  for (;;) {
    const port = connect(socket);
    const isOpen = await new Promise<boolean>(resolve => {
      port.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    if (isOpen) return port.on('error', () => undefined);
    if (over !== null) throw new Error(over);
    await delay(50);
  }
}

function text(base64: string): string {
  return Buffer.from(base64, 'base64').toString();
}
