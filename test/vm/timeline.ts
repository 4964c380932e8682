import { activeAt, logOf } from './inside.ts';
import type { Powered } from './qemu.ts';

export interface Timeline {
  /** Seconds since the kernel began. */
  readonly handedOff: number;
  /** A line for each moment, in their order. */
  readonly text: string;
}

const units: Readonly<Record<string, string>> = {
  'cloud-init-local.service': 'cloud-init: local stage over',
  'cloud-init.service': 'cloud-init: network stage over',
  'cloud-config.service': 'cloud-init: config stage over',
  'cloud-final.service': 'cloud-init: final stage over',
  'conjurer-firewall.service': 'rules of the last boot set',
  'network-online.target': 'network is online',
  'conjurer.service': 'conjurer started',
  'ssh.service': 'ssh',
  'getty.target': 'login prompts',
  'multi-user.target': 'boot is through',
};

/** What happened when in this boot, by systemd's and conjurer's own records. */
export async function timelineOf(powered: Powered): Promise<Timeline> {
  const moments: [number, string][] = [];
  for (const [unit, text] of Object.entries(units)) {
    const at = await activeAt(powered, unit);
    if (at !== null) moments.push([at, text]);
  }
  const clocks = await powered.probe.read('date +%s.%N; cut -d" " -f1 /proc/uptime');
  const [now = 0, uptime = 0] = clocks.split('\n').map(Number);
  const booted = now - uptime;
  const lines = (await logOf(powered)).filter(({ time }) => Date.parse(time) / 1000 > booted);
  for (const { time, msg, stage } of lines) {
    const at = Date.parse(time) / 1000 - booted;
    if (msg === 'stage-verified') moments.push([at, `conjurer: ${stage} holds`]);
    if (msg === 'run-started' || msg === 'run-ended') moments.push([at, `conjurer: ${msg}`]);
  }
  moments.sort(([a], [b]) => a - b);
  return {
    handedOff: moments.find(([, text]) => text === 'conjurer: handoff holds')?.[0] ?? Number.NaN,
    text: moments.map(([at, text]) => `${at.toFixed(1).padStart(7)} s  ${text}`).join('\n'),
  };
}
