import { describe, expect, it, onTestFinished } from 'vitest';
import { onRung } from '../binary/build/rung.ts';
import { addresses, families, type Laboratory, openLaboratory, type Variant } from './laboratory.ts';
import { whyNot } from './namespaces.ts';

async function laboratory(variant: Variant, options: { kubernetes: boolean }): Promise<Laboratory> {
  const lab = await openLaboratory(variant, options);
  onTestFinished(() => lab.close());
  return lab;
}

const thousandRules = `
for tool in iptables ip6tables; do
  { echo '*filter'; echo ':FOREIGN - [0:0]'
    for port in $(seq 20001 21000); do echo "-A FOREIGN -p tcp -m tcp --dport $port -j RETURN"; done
    echo '-A INPUT -j FOREIGN'; echo COMMIT; } | $tool-restore --noflush
done`;

/** Each restore leaves a line; then the real one does its work. */
const countRestores = `
for tool in iptables ip6tables; do
  real=$(readlink /usr/local/sbin/$tool-restore)
  rm /usr/local/sbin/$tool-restore
  printf '#!/bin/sh\\necho %s >>/run/restores\\nexec %s "$@"\\n' $tool $real >/usr/local/sbin/$tool-restore
  chmod 755 /usr/local/sbin/$tool-restore
done`;

onRung('netns', await whyNot(), () => {
  describe.each(['nft', 'legacy'] as const)('iptables of the variant %s', { timeout: 300_000 }, variant => {
    it('keeps a connection that was open before the kernel tracked any', async () => {
      const lab = await laboratory(variant, { kubernetes: false });
      await lab.configure({});
      for (const family of families) {
        const { node, outside } = addresses[family];
        await lab.order('outside', { do: 'hold', name: family, to: node, port: 22 });
        await lab.order('node', { do: 'listen', ports: [family === 'ipv4' ? 9004 : 9006] });
        await lab.order('outside', { do: 'listen', ports: [family === 'ipv4' ? 9014 : 9016] });
        await lab.order('node', { do: 'hold', name: family, to: outside, port: family === 'ipv4' ? 9014 : 9016 });
      }

      expect((await lab.conjurer('run', '--only', 'firewall')).status).toBe(0);

      for (const family of families) {
        expect(await lab.openPorts('outside', family, [22]), 'new ones are closed').toEqual([]);
        for (const place of ['outside', 'node'] as const) {
          expect(await lab.order(place, { do: 'echo', name: family, ms: 3000 }), `${family} from ${place}`).toBe(true);
        }
      }
    });

    it('replaces the rules whole: nothing open closes, nothing closed opens, in one restore a family', async () => {
      const lab = await laboratory(variant, { kubernetes: true });
      await lab.namespaces.shell(thousandRules);
      await lab.configure({});
      expect((await lab.conjurer('run', '--only', 'firewall')).status).toBe(0);
      await lab.namespaces.shell(countRestores);
      const streams = families.flatMap(family =>
        [443, 6443].map(port => ({ name: `${family} ${port}`, port, to: addresses[family].node })),
      );
      for (const stream of streams) {
        await lab.order('outside', { do: 'stream', ...stream, ms: stream.port === 443 ? 5000 : 200 });
      }

      const more = Array.from({ length: 4 }, (_, at) => ({
        port: 9000 + at,
        cidrs: ['198.51.100.0/24', '2001:db8:1::/48'],
      }));
      for (const [at] of more.entries()) {
        await lab.configure({ allow: more.slice(0, at + 1) });
        expect((await lab.conjurer('run', '--only', 'firewall')).status).toBe(0);
      }

      for (const { name, port } of streams) {
        const { opened, failed } = (await lab.order('outside', { do: 'stop', name })) as {
          opened: number;
          failed: number;
        };
        expect(port === 443 ? opened : failed, `${name}: tries`).toBeGreaterThan(5);
        expect(port === 443 ? failed : opened, `${name}: ${opened} opened, ${failed} failed`).toBe(0);
      }
      const restores = (await lab.namespaces.shell('cat /run/restores')).trim().split('\n');
      expect(restores.toSorted()).toEqual([...more.map(() => 'ip6tables'), ...more.map(() => 'iptables')]);
    });
  });
});
