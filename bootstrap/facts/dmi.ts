import type { Facts } from './facts.ts';
import { isPlaceholder, isPlaceholderUuid } from './placeholder.ts';
import { type Report, reasonOf, type Source, type View } from './source.ts';
import { clean } from './text.ts';

type Dmi = Pick<Facts['identity'], 'smbiosUuid' | 'serial' | 'vendor' | 'product' | 'placeholders'>;
type Field = Exclude<keyof Dmi, 'placeholders'>;

/** SMBIOS as the kernel decoded it, or the device tree of a board that has none. */
const places: Record<Field, readonly string[]> = {
  smbiosUuid: ['/sys/class/dmi/id/product_uuid'],
  serial: ['/sys/class/dmi/id/product_serial', '/sys/firmware/devicetree/base/serial-number'],
  vendor: ['/sys/class/dmi/id/sys_vendor'],
  product: ['/sys/class/dmi/id/product_name', '/sys/firmware/devicetree/base/model'],
};

/** What the maker says about the machine. Serial and UUID are for root's eyes only, as the kernel has it. */
export const dmi: Source<Dmi> = {
  name: 'dmi',
  fields: ['identity.product', 'identity.serial', 'identity.smbiosUuid', 'identity.vendor'],
  unknown: { smbiosUuid: null, serial: null, vendor: null, product: null, placeholders: [] },
  async read(view, report) {
    const placeholders: string[] = [];
    const value = async (field: Field): Promise<string | null> => {
      const text = await firstOf(view, places[field], `identity.${field}`, report);
      if (text === null) return null;
      const plain = field === 'smbiosUuid' ? normalizeUuid(text) : text;
      if (plain === null) {
        report('identity.smbiosUuid', 'the firmware holds something that is no UUID');
        return null;
      }
      if (!isPlaceholder(plain) && !isPlaceholderUuid(plain)) return plain;
      placeholders.push(field);
      report(`identity.${field}`, 'the firmware holds a filler');
      return null;
    };
    const [smbiosUuid, serial, vendor, product] = await Promise.all([
      value('smbiosUuid'),
      value('serial'),
      value('vendor'),
      value('product'),
    ]);
    return { smbiosUuid, serial, vendor, product, placeholders: placeholders.sort() };
  },
};

/** Lower case with dashes; fillers that are no UUID at all ("Not Settable") stay as they are; null for anything else. */
export function normalizeUuid(text: string): string | null {
  const uuid = text.toLowerCase();
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid)) return uuid;
  return isPlaceholder(uuid) ? uuid : null;
}

async function firstOf(view: View, paths: readonly string[], field: string, report: Report): Promise<string | null> {
  for (const path of paths) {
    try {
      const text = await view.running.readText(path);
      if (text !== null) return clean(text) ?? '';
    } catch (error) {
      report(field, reasonOf(error));
      return null;
    }
  }
  report(field, `${paths[0]} does not exist`);
  return null;
}
