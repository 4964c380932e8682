import { componentsSchema, manifestSchema } from './components-schemas.ts';
import { configSchema } from './config-schema.ts';
import { errorsPage } from './errors-page.ts';
import { preflightPage } from './preflight-page.ts';

/** Every page of docs/ that is made from the source: file name → how. `npm run docs` writes them, a test compares. */
export const pages: Readonly<Record<string, () => string>> = {
  'errors.md': errorsPage,
  'preflight.md': preflightPage,
  'conjurer.schema.json': configSchema,
  'components.schema.json': componentsSchema,
  'manifest.schema.json': manifestSchema,
};
