import { parseAllDocuments, stringify } from 'yaml';
import { Withheld } from '../redactor.ts';

/**
 * Each document of a YAML or JSON text after `change`, as YAML. Comments do not pass. Throws Withheld where the text
 * cannot be read: what it holds could not be told then.
 */
export function changedYaml(text: string, change: (document: unknown) => unknown): string {
  return yamlDocuments(text)
    .map(document => stringify(change(document)))
    .join('---\n');
}

export function yamlDocuments(text: string): unknown[] {
  try {
    const documents = parseAllDocuments(text, { logLevel: 'silent' });
    if (!Array.isArray(documents)) return [];
    const [broken] = documents.flatMap(document => document.errors);
    if (broken !== undefined) throw broken;
    return documents.map(document => document.toJS() as unknown).filter(document => document !== null);
  } catch {
    throw new Withheld('it is no YAML or JSON that can be read');
  }
}
