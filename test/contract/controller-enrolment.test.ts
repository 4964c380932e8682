import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Lab, openLab } from '../support/lab.ts';
import { makeMachine } from '../support/raw-agent.ts';

let lab: Lab;
beforeEach(async () => {
  lab = await openLab();
});
afterEach(() => lab.close());

describe('the way in, from meta to ready', () => {
  test('a node goes every step', async () => {
    const meta = await lab.bootstrap.send('GET', '/meta');
    expect(meta.json).toMatchObject({
      apiVersions: ['v1'],
      clusterId: 'cluster-1',
      autoApprove: false,
      minImage: null,
    });

    const machine = await makeMachine(lab.clusterId);
    const registered = await lab.register(machine);
    expect(registered.status).toBe(201);
    expect(registered.json).toMatchObject({ state: 'discovered' });
    expect(registered.headers.location).toBe(`/conjurer/v1/registrations/${registered.json.registrationId}`);

    const node = await lab.activate({ key: machine.key, changes: JSON.parse(machine.body) });
    expect(node.registrationId).toBe(registered.json.registrationId);
  });
});
