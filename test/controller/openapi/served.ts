import { z } from 'zod';
import { defineRoute, type Route } from '../route.ts';
import { apiRoutes } from '../routes.ts';
import { openApiDocument } from './document.ts';

/** The document's own route. */
const openapi = defineRoute({
  id: 'openapi',
  method: 'GET',
  path: '/openapi.json',
  access: 'none',
  summary: 'This document',
  answers: { 200: { description: 'OpenAPI 3.1', schema: z.record(z.string(), z.json()) } },
  handle: () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: openApiText() }),
});

/** Everything that the server answers. */
export const servedRoutes: readonly Route[] = [...apiRoutes, openapi];

/** Byte for byte what docs/controller-api.json holds. */
export function openApiText(): string {
  return `${JSON.stringify(openApiDocument(servedRoutes), null, 2)}\n`;
}
