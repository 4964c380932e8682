/** An OVF environment, as a hypervisor hands it over: for one that has none of its own, as QEMU. */
export function environmentXml(properties: readonly { readonly Key: string; readonly Value: string }[]): string {
  const lines = properties.map(
    ({ Key, Value }) => `    <Property oe:key="${escaped(Key)}" oe:value="${escaped(Value)}"/>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<Environment xmlns="http://schemas.dmtf.org/ovf/environment/1" xmlns:oe="http://schemas.dmtf.org/ovf/environment/1" oe:id="">
  <PropertySection>
${lines.join('\n')}
  </PropertySection>
</Environment>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"\s]/g, character => (character === ' ' ? ' ' : `&#${character.charCodeAt(0)};`));
}
