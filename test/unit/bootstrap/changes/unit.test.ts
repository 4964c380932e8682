import { expect, test } from 'vitest';
import type { UnitChange } from '../../../../bootstrap/change.ts';
import { unitChange } from '../../../../bootstrap/changes/unit.ts';
import { powerCutHost, powerCutMachine } from '../../../support/power-cut-host.ts';
import { undoneBy } from './undone-by.ts';

const signal = new AbortController().signal;
const started: UnitChange = { kind: 'unit', id: 'a', unit: 'a.service', enabled: true, active: true };

test('enables and starts; undo brings back both', async () => {
  const { machine, host } = machineWith('a.service');
  expect(await unitChange.isDone(started, host)).toBe(false);
  const undo = await unitChange.undo(started, host);
  expect(undo).toEqual([{ ...started, enabled: false, active: false }]);
  await unitChange.apply(started, host, signal);
  expect(await unitChange.isDone(started, host)).toBe(true);
  expect([...machine.enabled, ...machine.active]).toEqual(['a.service', 'a.service']);
  await undoneBy(undo, host);
  expect([...machine.enabled, ...machine.active]).toEqual([]);
});

test('what is left out is left alone, by undo too', async () => {
  const { machine, host } = machineWith('a.service');
  machine.enabled.add('a.service');
  const change: UnitChange = { kind: 'unit', id: 'a', unit: 'a.service', active: true };
  const undo = await unitChange.undo(change, host);
  expect(undo).toEqual([{ ...change, active: false }]);
  await unitChange.apply(change, host, signal);
  expect(await unitChange.isDone(change, host)).toBe(true);
  await undoneBy(undo, host);
  expect([...machine.enabled]).toEqual(['a.service']);
});

test('a unit that does not exist is as good as stopped, and cannot be started', async () => {
  const { host } = machineWith('other.service');
  expect(await unitChange.isDone({ ...started, enabled: false, active: false }, host)).toBe(true);
  await expect(unitChange.apply(started, host, signal)).rejects.toMatchObject({
    code: 'E_UNIT',
    message: 'there is no unit a.service on this machine',
  });
});

test('stops between enabling and starting when it is told to', async () => {
  const { machine, host } = machineWith('a.service');
  await expect(unitChange.apply(started, host, AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
  expect([...machine.active]).toEqual([]);
});

function machineWith(unit: string) {
  const machine = powerCutMachine();
  machine.disk.seed({ [`/usr/lib/systemd/system/${unit}`]: { content: '[Service]\n', mode: 0o644 } });
  return { machine, host: powerCutHost(machine) };
}
