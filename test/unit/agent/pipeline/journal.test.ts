import { expect, test } from 'vitest';
import { journalPath, openJournal, readOwed } from '../../../../agent/pipeline/journal.ts';
import type { FileChange } from '../../../../bootstrap/change.ts';
import { type PowerCutMachine, powerCutHost, powerCutMachine } from '../../../support/power-cut-host.ts';

const file = (id: string, content: string | null): FileChange => ({
  kind: 'file',
  id,
  path: `/etc/${id}`,
  mode: 0o644,
  content,
});
const [a, b] = [file('a', 'new a'), file('b', 'new b')];
const [oldA, oldB] = [file('a', 'old a'), file('b', null)];

test('what was recorded is there after a restart, in order, in a file that only root can read', async () => {
  const machine = powerCutMachine();
  const journal = await openJournal(powerCutHost(machine));
  await journal.applying('register', a, [oldA]);
  await journal.applied('register', 'a');
  await journal.applying('configure', b, [oldB]);
  const owed = [
    { stage: 'register', change: a, undo: [oldA], applied: true, held: false },
    { stage: 'configure', change: b, undo: [oldB], applied: false, held: false },
  ];
  expect(journal.owed()).toMatchObject(owed);
  machine.restart('nothing');
  expect((await openJournal(powerCutHost(machine))).owed()).toMatchObject(owed);
  expect(await readOwed(powerCutHost(machine))).toMatchObject(owed);
  expect(machine.disk.listing()[journalPath]).toMatch(/^0600 /);
});

test('the first undo wins for the start, and the first since the stage held for a failure', async () => {
  const journal = await openJournal(powerCutHost(powerCutMachine()));
  await journal.applying('register', a, [oldA]);
  await journal.applying('register', a, [file('a', 'half made')]);
  await journal.held('register');
  await journal.applying('register', file('a', 'newer'), [a]);
  await journal.applying('register', file('a', 'newer'), [file('a', 'half made too')]);
  expect(journal.owed()).toMatchObject([{ undo: [oldA], sinceHeld: { undo: [a] }, held: true }]);
  await journal.undone('register', 'a', 'held');
  expect(journal.owed()).toMatchObject([{ undo: [oldA], sinceHeld: null }]);
  await journal.undone('register', 'a', 'start');
  expect(journal.owed()).toEqual([]);
});

test('when a stage holds the file is one line for each change owed, and an idle run writes nothing', async () => {
  const machine = powerCutMachine();
  const journal = await openJournal(powerCutHost(machine));
  for (const stage of ['register', 'configure']) {
    for (const change of [a, b]) {
      await journal.applying(stage, change, [oldA]);
      await journal.applied(stage, change.id);
    }
  }
  expect(linesOf(machine)).toHaveLength(8);
  await journal.held('register');
  expect(linesOf(machine)).toHaveLength(4);
  const before = journal.owed();
  await journal.held('configure');
  const again = await openJournal(powerCutHost(machine));
  expect(again.owed()).toEqual(before.map(owed => ({ ...owed, held: true, sinceHeld: null })));
  machine.disk.cutAt(null);
  await again.held('register');
  await again.held('configure');
  expect(machine.disk.steps()).toEqual([]);
});

test('when nothing is owed any more there is no file', async () => {
  const machine = powerCutMachine();
  const journal = await openJournal(powerCutHost(machine));
  await journal.applying('register', a, [oldA]);
  await journal.undone('register', 'a', 'start');
  expect(machine.disk.listing()).toEqual({});
});

test.each([
  ['cut short', (text: string) => text.slice(0, -20)],
  ['without its newline', (text: string) => text.slice(0, -1)],
  ['zeros in place of its end', (text: string) => `${text.slice(0, -20)}${'\0'.repeat(20)}`],
  ['garbage with a newline', (text: string) => `${text.slice(0, -20)}\n`],
])('a last line that is %s is dropped, and the next one is whole', async (_name, tear) => {
  const machine = await written(tear);
  const journal = await openJournal(powerCutHost(machine));
  expect(journal.owed()).toMatchObject([{ change: a }]);
  await journal.applying('configure', b, [oldB]);
  expect(await readOwed(powerCutHost(machine))).toMatchObject([{ change: a }, { change: b, stage: 'configure' }]);
  expect(Object.keys(machine.disk.listing())).toEqual([journalPath]);
});

test('a file that is damaged elsewhere is moved aside, and what stands before the damage still holds', async () => {
  const machine = await written(text => text.replace('"b"', '"b'), ['b']);
  const damaged = (machine.disk.listing()[journalPath] ?? '').slice(5);
  const host = powerCutHost(machine);
  const journal = await openJournal(host);
  expect(journal.owed()).toMatchObject([{ change: a }]);
  expect(await host.files.readText('/var/lib/conjurer/journal.corrupt-2026-01-01T000000.000Z')).toBe(damaged);
  expect(await readOwed(host)).toMatchObject([{ change: a }]);
});

test('bytes that were never a journal are not fatal', async () => {
  const machine = powerCutMachine();
  machine.disk.seed({ [journalPath]: { content: Buffer.from([0xff, 0x0a, 0x00, 0x0a, 0x0a]), mode: 0o600 } });
  const journal = await openJournal(powerCutHost(machine));
  expect(journal.owed()).toEqual([]);
  await journal.applying('register', a, [oldA]);
  expect(await readOwed(powerCutHost(machine))).toHaveLength(1);
});

test('where the entry cannot be written nothing is recorded, and the next one is whole', async () => {
  const machine = powerCutMachine();
  let isFull = false;
  const host = powerCutHost(machine, {
    through: disk => ({
      ...disk,
      async open(path, use, mode) {
        const opened = await disk.open(path, use, mode);
        const write = async (bytes: Uint8Array) => {
          await opened.write(isFull ? bytes.subarray(0, 10) : bytes);
          if (isFull) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
        };
        return { ...opened, write };
      },
    }),
  });
  const journal = await openJournal(host);
  await journal.applying('register', a, [oldA]);
  isFull = true;
  await expect(journal.applying('register', b, [oldB])).rejects.toMatchObject({ code: 'E_HOST_FILE' });
  expect(journal.owed()).toHaveLength(1);
  isFull = false;
  await journal.applying('register', b, [oldB]);
  expect(await readOwed(host)).toMatchObject([{ change: a }, { change: b }]);
});

/** A journal that owes a and then b, whose text was changed behind its back. */
async function written(damage: (text: string) => string, further: readonly string[] = []): Promise<PowerCutMachine> {
  const machine = powerCutMachine();
  const host = powerCutHost(machine);
  const journal = await openJournal(host);
  await journal.applying('register', a, [oldA]);
  await journal.applying('register', b, [oldB]);
  for (const id of further) await journal.applied('register', id);
  const text = (await host.files.readText(journalPath)) ?? '';
  await host.files.write(journalPath, damage(text), 0o600);
  return machine;
}

function linesOf(machine: PowerCutMachine): string[] {
  return (machine.disk.listing()[journalPath] ?? '').split('\n').filter(line => line !== '');
}
