import * as z from 'zod';
import type { Facts } from './facts.ts';
import { parseJson } from './json.ts';
import type { Source } from './source.ts';
import { clean, hint } from './text.ts';

const INSTANCE_DATA = '/run/cloud-init/instance-data.json';
const STATUS = '/run/cloud-init/status.json';
const INSTANCE_ID = '/var/lib/cloud/data/instance-id';

/** Only these keys: the rest of the file can hold user-data. cloud-init 18.2 wrote them with a dash. */
const InstanceData = z.object({
  v1: z.object({
    instance_id: z.string().optional(),
    'instance-id': z.string().optional(),
    platform: z.string().optional(),
  }),
});
const Status = z.object({ v1: z.object({ datasource: z.string() }) });

/** What cloud-init made of this boot, or of the last one. All of it is on the machine's own disk or in its own /run. */
export const cloudInit: Source<Facts['cloudInit']> = {
  name: 'cloud-init',
  fields: ['cloudInit.datasource', 'cloudInit.instanceId'],
  unknown: { instanceId: null, datasource: null },
  async read({ disk }, report) {
    const [data, status, stored] = await Promise.all([
      hint(disk.readText(INSTANCE_DATA)),
      hint(disk.readText(STATUS)),
      hint(disk.readText(INSTANCE_ID)),
    ]);
    const seen = parseInstanceData(data ?? '');
    const datasource = parseDatasource(status ?? '') ?? seen.platform;
    const instanceId = seen.instanceId ?? instanceIdIn(stored);
    if (instanceId === null) report('cloudInit.instanceId', `neither ${INSTANCE_DATA} nor ${INSTANCE_ID} names one`);
    if (datasource === null) report('cloudInit.datasource', `neither ${STATUS} nor ${INSTANCE_DATA} names one`);
    return { instanceId, datasource };
  },
};

/** Reads instance-data.json. Never throws. */
export function parseInstanceData(text: string): { instanceId: string | null; platform: string | null } {
  const data = InstanceData.safeParse(parseJson(text)).data?.v1;
  return {
    instanceId: clean(data?.instance_id ?? data?.['instance-id'] ?? ''),
    platform: nameOf(data?.platform ?? ''),
  };
}

/** Reads status.json, where the datasource is written as "DataSourceNoCloud [seed=/dev/sr0][dsmode=net]". Never throws. */
export function parseDatasource(text: string): string | null {
  return nameOf(Status.safeParse(parseJson(text)).data?.v1.datasource.replace(/^DataSource/, '') ?? '');
}

/** What follows the name (a device, an address with a query) is left out: it can hold a secret. */
function nameOf(text: string): string | null {
  return /^\w{1,64}/.exec(text)?.[0].toLowerCase() ?? null;
}

/** cloud-init writes this word there before it has found a datasource. */
function instanceIdIn(stored: string | null): string | null {
  const id = clean(stored ?? '');
  return id === 'NO_PREVIOUS_INSTANCE_ID' ? null : id;
}
