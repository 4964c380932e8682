import { z } from 'zod';
import { Problem } from '../../../agent/controller/protocol.ts';
import { type ProblemCode, problemKinds } from '../problems.ts';
import type { Access, Route } from '../route.ts';
import { componentSchemas, schemaOf } from './schemas.ts';

/** The OpenAPI 3.1 document of these routes: made from the same rows and schemas as the server. */
export function openApiDocument(routes: readonly Route[]) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Controller protocol v1, and the admin side of the reference Controller',
      version: '1.0.0',
      description:
        'Over TLS 1.3. Agents and operators are known by their client certificate; the admin side is the reference Controller’s own. Bodies are at most 1 MiB after decompression, gzip or plain. docs/protocol.md has the rules that a schema cannot say.',
    },
    servers: [{ url: 'https://127.0.0.1:8443' }],
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: {
        bootstrap: { type: 'mutualTLS', description: 'the certificate of the credentials file' },
        node: { type: 'mutualTLS', description: 'the certificate of call 3 or 9' },
        operator: { type: 'mutualTLS', description: 'the certificate of call 13' },
        admin: { type: 'http', scheme: 'bearer', description: 'the content of admin-token in the data folder' },
      },
    },
  };
}

const SECURITY: Record<Access, readonly Record<string, readonly string[]>[]> = {
  none: [],
  bootstrap: [{ bootstrap: [] }],
  'bootstrap or node': [{ bootstrap: [] }, { node: [] }],
  node: [{ node: [] }],
  operator: [{ operator: [] }],
  admin: [{ admin: [] }],
};

function operation(route: Route) {
  const { number, access, summary } = route;
  const tag = route.path.includes('/admin/') ? 'admin' : access === 'none' && number === null ? 'document' : 'agent';
  return {
    operationId: route.id,
    summary: number === null ? summary : `${number}. ${summary}`,
    tags: [tag],
    security: SECURITY[access],
    parameters: parameters(route),
    ...(route.body === null ? {} : { requestBody: requestBody(route.body) }),
    responses: { ...successes(route), ...failures(route) },
  };
}

function parameters({ params, headers, query }: Route) {
  const inPath = Object.entries(params).map(([name, schema]) => ({
    name,
    in: 'path',
    required: true,
    schema: schemaOf(schema),
  }));
  const inHeader = headers.map(({ name, description, required }) => ({
    name,
    in: 'header',
    required,
    description,
    schema: { type: 'string' },
  }));
  const shape = query instanceof z.ZodObject ? Object.entries<z.ZodType>(query.shape) : [];
  const inQuery = shape.map(([name, schema]) => ({
    name,
    in: 'query',
    required: !schema.safeParse(undefined).success,
    schema: schemaOf(schema),
  }));
  return [...inPath, ...inHeader, ...inQuery];
}

function requestBody(body: z.ZodType | 'bundle') {
  if (body === 'bundle') return { required: true, content: { 'application/octet-stream': {} } };
  return { required: true, content: { 'application/json': { schema: schemaOf(body) } } };
}

function successes({ answers }: Route) {
  return Object.fromEntries(
    Object.entries(answers).map(([status, { description, schema, mediaType = 'application/json' }]) => [
      status,
      { description, ...(schema ? { content: { [mediaType]: { schema: schemaOf(schema) } } } : {}) },
    ]),
  );
}

/** One response a status, naming its codes, since several problems share one. */
function failures(route: Route) {
  const codes = [...COMMON, ...BY_ACCESS[route.access], ...route.problems];
  const byStatus = Map.groupBy(new Set(codes), code => problemKinds[code].status);
  const content = { 'application/problem+json': { schema: schemaOf(Problem) } };
  return Object.fromEntries(
    [...byStatus].map(([status, list]) => [status, { description: list.toSorted().join(', '), content }]),
  );
}

const COMMON: readonly ProblemCode[] = ['malformed', 'too_large', 'internal'];
const FROM_OUTSIDE: readonly ProblemCode[] = ['rate_limited', 'maintenance'];
const CERTIFICATE: readonly ProblemCode[] = [
  'client_cert_missing',
  'client_cert_untrusted',
  'wrong_role',
  ...FROM_OUTSIDE,
];
const BOOTSTRAP: readonly ProblemCode[] = [
  ...CERTIFICATE,
  'bootstrap_revoked',
  'bootstrap_expired',
  'wrong_cluster',
  'cluster_unknown',
];
const NODE: readonly ProblemCode[] = [
  ...CERTIFICATE,
  'client_cert_expired',
  'client_cert_revoked',
  'node_unknown',
  'node_banned',
  'node_decommissioned',
  'not_activated',
];
const BY_ACCESS: Record<Access, readonly ProblemCode[]> = {
  none: FROM_OUTSIDE,
  bootstrap: BOOTSTRAP,
  'bootstrap or node': [...BOOTSTRAP, ...NODE],
  node: NODE,
  operator: NODE,
  admin: ['admin_token_wrong'],
};
