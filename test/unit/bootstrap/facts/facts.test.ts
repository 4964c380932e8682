import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Hardware, Image, Resources } from '../../../../agent/controller/protocol.ts';
import { Facts, hardwareOf, imageOf, resourcesOf } from '../../../../bootstrap/facts/facts.ts';
import { type FixtureName, fixtureNames, fixturePath } from '../../../support/facts-fixtures/fixture-host.ts';

const factsOf = (name: FixtureName): Facts =>
  Facts.parse(JSON.parse(readFileSync(fixturePath(name, 'facts.json'), 'utf8')));

describe('what call 1 carries', () => {
  it.each(fixtureNames)('of %s is what the protocol takes, with no field more', name => {
    const facts = factsOf(name);
    const hardware: Hardware = hardwareOf(facts);
    const resources: Resources = resourcesOf(facts);
    const image: Image | null = imageOf(facts);
    expect(Hardware.strict().parse(hardware)).toEqual(hardware);
    expect(Resources.strict().parse(resources)).toEqual(resources);
    expect(Image.strict().nullable().parse(image)).toEqual(image);
  });

  it('has the cards own MACs, not the one that a bond lends them', () => {
    expect(hardwareOf(factsOf('ubuntu-22.04-metal')).macs).toEqual([
      'b0:7b:25:d1:10:a0',
      'b0:7b:25:d1:10:a1',
      'b0:7b:25:d1:10:a2',
    ]);
  });

  it('has no MAC of a bridge that software made', () => {
    expect(hardwareOf(factsOf('ubuntu-18.04-vmware')).macs).toEqual(['00:50:56:9c:1a:2b']);
  });

  it('has the uplink of a container, which has no card', () => {
    const hardware = hardwareOf(factsOf('container'));
    expect(hardware.macs).toEqual(['02:42:ac:11:00:02']);
    expect(hardware.virtualization).toBe('docker');
  });

  it('has no filler in it', () => {
    expect(hardwareOf(factsOf('oem-board'))).toMatchObject({
      smbiosUuid: null,
      serial: null,
      machineIdHash: null,
      vendor: null,
      product: null,
      virtualization: 'none',
    });
  });

  it('counts the disk that holds / in GiB, or none', () => {
    expect(resourcesOf(factsOf('ubuntu-18.04-vmware'))).toEqual({ cpus: 4, memoryMiB: 7975, diskGiB: 100 });
    expect(resourcesOf(factsOf('container')).diskGiB).toBeNull();
  });

  it('names the image with the default of its oldest Controller', () => {
    expect(imageOf(factsOf('debian-12-kvm'))).toEqual({
      name: 'clusterimage-r-v2.0.0',
      version: '2.0.0',
      buildId: 'b-41',
      minControllerVersion: '2.0.0',
    });
    expect(imageOf(factsOf('oem-board'))).toBeNull();
  });
});
