import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { openApiDocument } from '../controller/openapi/document.ts';
import { servedRoutes } from '../controller/openapi/served.ts';
import type { RawAnswer } from './raw-agent.ts';

/** Throws when an answer is not one that the API document promises for this call. */
export function checkAnswer(method: string, path: string, answer: RawAnswer): void {
  const bare = path.split('?', 1)[0] ?? '';
  const route = servedRoutes.find(one => one.method === method && pattern(one.path).test(bare));
  if (!route) {
    if (answer.status !== 404 && answer.status !== 405) throw new Error(`${method} ${path} is not in the document`);
    return;
  }
  const responses = document.paths[route.path]?.[method.toLowerCase()];
  const response = at(at(responses, 'responses'), String(answer.status));
  if (response === undefined) throw new Error(`${route.id}: status ${answer.status} is not in the document`);
  const content = at(response, 'content');
  const type = String(answer.headers['content-type'] ?? '').split(';', 1)[0] ?? '';
  if (content === undefined) {
    if (answer.text !== '') throw new Error(`${route.id}: ${answer.status} has a body that is not in the document`);
    return;
  }
  const schema = at(at(content, type), 'schema');
  if (schema === undefined) throw new Error(`${route.id}: ${answer.status} as ${type} is not in the document`);
  const check = compiled(`${route.id} ${answer.status} ${type}`, schema);
  if (!check(type === 'application/jose' ? answer.text : answer.json)) {
    throw new Error(`${route.id} ${answer.status}: ${ajv.errorsText(check.errors)} in ${answer.text.slice(0, 500)}`);
  }
  const codes = String(at(response, 'description')).split(', ');
  if (type === 'application/problem+json' && !codes.includes(answer.json.code)) {
    throw new Error(`${route.id} ${answer.status}: code ${answer.json.code} is not in the document`);
  }
}

const document = openApiDocument(servedRoutes);
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema({ $id: 'api', components: document.components });
const checks = new Map<string, ValidateFunction>();

function compiled(name: string, schema: unknown): ValidateFunction {
  const known = checks.get(name);
  if (known) return known;
  const text = JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/');
  const made = ajv.compile(JSON.parse(text));
  checks.set(name, made);
  return made;
}

function pattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}
