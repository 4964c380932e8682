import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openApiText, servedRoutes } from '../controller/openapi/served.ts';
import { problemKinds } from '../controller/problems.ts';
import { checkAnswer } from '../support/answer-check.ts';
import { type Lab, openLab } from '../support/lab.ts';
import { makeMachine } from '../support/raw-agent.ts';

let lab: Lab;
beforeAll(async () => {
  lab = await openLab();
});
afterAll(() => lab.close());

const FILE = path.resolve(import.meta.dirname, '../../docs/controller-api.json');

describe('the API document', () => {
  test('the file is what the server serves, and what the table says: npm run openapi writes it', async () => {
    const dispatcher = new Agent({ connect: { ca: lab.controller.ca } });
    const served = await (await request(`${lab.controller.url}/openapi.json`, { dispatcher })).body.text();
    await dispatcher.destroy();
    expect(served).toBe(openApiText());
    expect(await readFile(FILE, 'utf8')).toBe(served);
  });

  test('it has every call of the protocol and no reference that leads nowhere', () => {
    const document = JSON.parse(openApiText());
    const numbers = servedRoutes.map(({ number }) => number).filter(number => number !== null);
    expect(numbers).toEqual(Array.from({ length: 15 }, (_, i) => i));
    const references = openApiText().match(/"\$ref": "[^"]+"/g) ?? [];
    const names = new Set(references.map(reference => reference.replace(/^.*\/|"$/g, '')));
    expect([...names].filter(name => !(name in document.components.schemas))).toEqual([]);
    expect(references.every(reference => reference.includes('"#/components/schemas/'))).toBe(true);
    expect(openApiText()).not.toContain('$defs');
  });

  test('every code of the table stands at some call', () => {
    const described = new Set(
      [...openApiText().matchAll(/"description": "([a-z0-9_]+(?:, [a-z0-9_]+)*)"/g)].flatMap(([, list = '']) =>
        list.split(', '),
      ),
    );
    // These two are what no call is.
    const missing = Object.keys(problemKinds).filter(code => !described.has(code));
    expect(missing.toSorted()).toEqual(['method_not_allowed', 'not_found']);
  });

  test('an answer that the document does not promise is found', async () => {
    const { json, status } = await lab.register(await makeMachine(lab.clusterId));
    const target = `/conjurer/v1/clusters/${lab.clusterId}/registrations`;
    const headers = { 'content-type': 'application/json' };
    const check = (fields: object, at = status) =>
      checkAnswer('POST', target, { status: at, headers, text: '{}', json: { ...json, ...fields } });
    expect(() => check({})).not.toThrow();
    expect(() => check({ state: 'unheard of' })).toThrow('register 201');
    expect(() => check({ joinState: undefined })).toThrow('joinState');
    expect(() => check({}, 206)).toThrow('status 206 is not in the document');
    expect(() => checkAnswer('POST', target, { status, headers: {}, text: '', json })).toThrow(
      'is not in the document',
    );
  });
});
