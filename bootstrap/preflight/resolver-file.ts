/** The words after `options` in a resolv.conf, all lines together, as resolv.conf(5) has it. Never throws. */
export function resolverOptions(text: string): string[] {
  return text.split('\n').flatMap(line => {
    const [keyword, ...words] = line.trim().split(/\s+/);
    return keyword === 'options' ? words : [];
  });
}
