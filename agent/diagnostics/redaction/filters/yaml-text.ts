import { parseAllDocuments, stringify } from 'yaml';
import { Withheld } from '../redactor.ts';

/**
 * Each document of a YAML or JSON text after `change`, as YAML. Comments do not pass. Throws Withheld where the text
 * cannot be read, or is no document but plain text: what it holds could not be told then, and its lines would be joined.
 */
export function changedYaml(text: string, change: (document: unknown) => unknown): string {
  return (
    yamlDocuments(text)
      // A line that is folded could part a secret from its name.
      .map(document => stringify(change(document), { lineWidth: 0 }))
      .join('---\n')
  );
}

export function yamlDocuments(text: string): unknown[] {
  try {
    const documents = parseAllDocuments(text, { logLevel: 'silent' });
    if (!Array.isArray(documents)) return [];
    const [broken] = documents.flatMap(document => document.errors);
    if (broken !== undefined) throw broken;
    const values = documents.map(document => document.toJS() as unknown).filter(document => document !== null);
    if (values.some(value => typeof value !== 'object')) throw new Error('plain text');
    return values;
  } catch {
    throw new Withheld('it is no YAML or JSON that can be read');
  }
}
