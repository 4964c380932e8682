import type { X509Certificate } from 'node:crypto';
import type { Server, ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { MAX_BODY_BYTES } from '../../../agent/controller/protocol.ts';
import { type Answer, refusalAnswer } from '../answer.ts';
import { faultAnswer } from '../faults/answers.ts';
import type { Parts } from '../parts.ts';
import { Refusal } from '../problems.ts';
import type { NodeRecord } from '../records.ts';
import type { Route } from '../route.ts';
import { admit } from './admit.ts';
import { parseJson, readBody } from './body.ts';
import { createRateLimit } from './rate-limit.ts';
import { beginVisit, deliver, stall, type Visit } from './visit.ts';

export type ControllerServer = FastifyInstance<Server>;

/** The HTTP side, made from the table of routes: nothing is answered that is not a row of it or a problem. */
export function buildServer(parts: Parts, routes: readonly Route[], tls: ServerOptions): ControllerServer {
  const app: ControllerServer = Fastify({
    https: { ...tls, requestCert: true, rejectUnauthorized: false },
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    bodyLimit: Number.MAX_SAFE_INTEGER,
    requestTimeout: 0,
    keepAliveTimeout: 75_000,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => refuse(parts, visits.get(request), reply, error),
  });
  const visits = new WeakMap<object, Visit>();
  const nodes = new WeakMap<object, NodeRecord>();
  const takeRequest = createRateLimit();

  app.addHook('onRequest', async (request, reply) => {
    const visit = beginVisit(parts, request.method, request.url);
    visits.set(request, visit);
    void reply.header('x-request-id', visit.requestId);
    if (visit.fromAgent && (await applyFaults(parts, visit, reply))) return reply;
    const retryAfter = visit.fromAgent ? takeRequest(parts.settings.rateLimit) : null;
    if (retryAfter !== null) throw new Refusal('rate_limited', 'too many requests a second', { retryAfter });
    return undefined;
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', async (request: FastifyRequest, payload: FastifyRequest['raw']) =>
    takesStream(request) ? payload : readBody(payload, request.headers, MAX_BODY_BYTES),
  );
  app.setErrorHandler((error, request, reply) => refuse(parts, visits.get(request), reply, error));
  app.setNotFoundHandler((request, reply) =>
    refuse(parts, visits.get(request), reply, unknownRoute(routes, request.url, reply)),
  );

  for (const route of routes) {
    app.route({
      method: route.method,
      url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
      config: { takesStream: route.body === 'bundle' },
      onRequest: async request => {
        const visit = visits.get(request);
        if (!visit) throw new Error('a request without a visit');
        const node = admit(parts, route, visit, {
          certificate: certificateOf(request.raw.socket),
          authorization: request.headers.authorization,
          params: paramsOf(request),
        });
        if (node) nodes.set(request, node);
      },
      handler: async (request, reply) => {
        const visit = visits.get(request);
        if (!visit) throw new Error('a request without a visit');
        const answer = await answerCall(parts, route, visit, nodes.get(request) ?? null, request, reply);
        deliver(parts, visit, reply, answer);
        return reply;
      },
    });
  }
  return app;
}

/** True when a fault has answered in place of the Controller. */
async function applyFaults(parts: Parts, visit: Visit, reply: FastifyReply): Promise<boolean> {
  for (const fault of visit.faults) {
    if (fault.kind === 'latency') await delay(fault.milliseconds, undefined, { signal: parts.closing });
  }
  if (visit.faults.some(({ kind }) => kind === 'stalled-headers')) {
    stall(parts, visit, reply);
    return true;
  }
  const answer = visit.faults.map(fault => faultAnswer(fault, visit.requestId)).find(found => found !== null);
  if (answer) deliver(parts, visit, reply, answer);
  return answer !== undefined;
}

async function answerCall(
  parts: Parts,
  route: Route,
  visit: Visit,
  node: NodeRecord | null,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Answer> {
  const gone = new AbortController();
  reply.raw.once('close', () => gone.abort());
  const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  return route.handle({
    parts,
    params: paramsOf(request),
    query: request.query,
    body: route.body && route.body !== 'bundle' ? parseJson(bytes, request.headers['content-type']) : undefined,
    bytes,
    stream: route.body === 'bundle' ? request.raw : null,
    peer: visit.peer,
    node,
    signal: AbortSignal.any([gone.signal, parts.closing]),
    requestId: visit.requestId,
    faults: visit.faults,
    header: name => {
      const value = request.headers[name];
      return Array.isArray(value) ? value.join(', ') : (value ?? null);
    },
  });
}

function refuse(parts: Parts, visit: Visit | undefined, reply: FastifyReply, error: unknown): void {
  const known = visit ?? beginVisit(parts, reply.request.method, reply.request.url);
  const refusal = toRefusal(error);
  deliver(parts, known, reply, refusalAnswer(refusal, known.requestId));
}

function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status >= 400 && status < 500)
    return new Refusal('malformed', error instanceof Error ? error.message : 'malformed');
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return new Refusal('internal', 'a bug of the Controller; its log has more');
}

function unknownRoute(routes: readonly Route[], url: string, reply: FastifyReply): Refusal {
  const path = url.split('?', 1)[0] ?? '';
  const methods = routes.filter(route => pattern(route).test(path)).map(route => route.method);
  if (methods.length === 0) return new Refusal('not_found', `there is no ${path}`);
  reply.header('allow', methods.join(', '));
  return new Refusal('method_not_allowed', `${path} has ${methods.join(', ')}`);
}

function pattern(route: Route): RegExp {
  return new RegExp(`^${route.path.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}$`);
}

/** What is not HTTP at all is refused too, as far as it can be answered. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status, headers, body } = refusalAnswer(new Refusal('malformed', 'the request is not HTTP/1.1'), 'none');
  const lines = Object.entries({
    ...headers,
    connection: 'close',
    'content-length': String(body?.toString().length ?? 0),
  });
  socket.end(`HTTP/1.1 ${status} Bad Request\r\n${lines.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n${body}`);
}

function takesStream(request: FastifyRequest): boolean {
  return 'takesStream' in request.routeOptions.config && request.routeOptions.config.takesStream === true;
}

function certificateOf(socket: Socket): X509Certificate | undefined {
  return socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
}

function paramsOf(request: FastifyRequest): Record<string, string> {
  return Object.fromEntries(Object.entries(request.params ?? {}).map(([name, value]) => [name, String(value)]));
}
