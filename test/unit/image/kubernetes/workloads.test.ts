import { readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { listImages } from '../../../../bootstrap/components/manifest-bundle.ts';
import { workloadImages, workloadManifests } from '../../../../image/kubernetes/addons/workloads.ts';

const Probed = z.object({ image: z.string(), imagePullPolicy: z.string(), readinessProbe: z.looseObject({}) });
const Pod = z.object({
  hostNetwork: z.boolean().default(false),
  containers: z.array(Probed.extend({ ports: z.array(z.object({ containerPort: z.number() })).default([]) })),
  volumes: z.array(z.looseObject({ name: z.string() })).default([]),
});
const Some = z.looseObject({
  kind: z.string(),
  spec: z
    .looseObject({
      ports: z.array(z.looseObject({})).optional(),
      template: z.object({ spec: Pod }).optional(),
    })
    .optional(),
});

const objects = workloadManifests.flatMap(({ name, source }) =>
  [...parseAllDocuments(readFileSync(source, 'utf8'), { version: '1.1' })].map(document => {
    return { name, object: Some.parse(document.toJS()) };
  }),
);
const pods = objects.flatMap(({ name, object }) => {
  const pod = object.spec?.template?.spec;
  return pod === undefined ? [] : [{ name, pod }];
});

describe('the workloads of the image', () => {
  it('are operator, monitoring, logging and ingress, each with a manifest of its name', () => {
    expect(workloadImages.map(({ name }) => name)).toEqual(['k8s-mgmt-operator', 'monitoring', 'logging', 'ingress']);
    expect(workloadManifests.map(({ path }) => path)).toEqual(
      workloadImages.map(({ name }) => `/usr/share/conjurer/manifests/${name}/${name}.yaml`),
    );
  });

  test.each(workloadManifests)('$name names the one image that is built for it', ({ name, source }) => {
    const image = workloadImages.find(one => one.name === name);
    expect(listImages(readFileSync(source, 'utf8'))).toEqual([image?.ref]);
  });

  it('are never fetched, and say when they are ready', () => {
    expect(pods).toHaveLength(5);
    for (const { pod } of pods) {
      for (const container of pod.containers) expect(container.imagePullPolicy).toBe('Never');
    }
  });

  it('have a protocol at each port of a Service, which Kubernetes 1.20 asks for on the server', () => {
    const ports = objects.flatMap(({ object }) => (object.kind === 'Service' ? (object.spec?.ports ?? []) : []));
    expect(ports).toHaveLength(3);
    expect(ports).toEqual(ports.map(() => expect.objectContaining({ protocol: 'TCP' })));
  });

  it('take no port of the machine but that of the ingress and the closed one of monitoring', () => {
    const ports = pods
      .filter(({ pod }) => pod.hostNetwork)
      .flatMap(({ pod }) => pod.containers.flatMap(one => one.ports));
    expect(ports.map(({ containerPort }) => containerPort).sort((a, b) => a - b)).toEqual([80, 443, 9100]);
  });

  it('mount the Secret that conjurer makes for the operator', () => {
    const operator = pods.find(({ name }) => name === 'k8s-mgmt-operator');
    expect(operator?.pod.volumes[0]).toMatchObject({ secret: { secretName: 'k8s-mgmt-operator-identity' } });
  });

  it('have every file that they start with', async () => {
    for (const image of workloadImages.filter(({ name }) => name !== 'k8s-mgmt-operator')) {
      const files = await image.files();
      const paths = files.map(({ path }) => path);
      expect(new Set(paths).size).toBe(paths.length);
      expect(paths).toContain('/etc/passwd');
    }
  });
});
