/**
 * A template with its values, for YAML. A line with an empty value is left out, comments stay as they are, and a value
 * is never looked into: a passphrase may hold what looks like a name in braces.
 */
export function fillLines(template: string, values: Readonly<Record<string, string>>): string {
  return template
    .split('\n')
    .filter(line => !placeholders(line).some(name => textOf(values, name) === ''))
    .map(line => line.replaceAll(placeholder, (_, name: string) => textOf(values, name)))
    .join('\n');
}

/** The same for JSON, where an empty value stands as "". */
export function fillJson(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(placeholder, (_, name: string) => JSON.stringify(textOf(values, name)).slice(1, -1));
}

/** The names in a template, each once. */
export function placeholders(text: string): string[] {
  return [...new Set([...text.matchAll(placeholder)].map(([, name = '']) => name))];
}

/** A name in braces, as Terraform's templatefile has it too. */
const placeholder = /\$\{([a-z0-9_]+)\}/g;

function textOf(values: Readonly<Record<string, string>>, name: string): string {
  const value = values[name];
  if (value === undefined) throw new Error(`the template asks for ${name}, which is no value`);
  return value;
}
