import { PassThrough } from 'node:stream';
import { z } from 'zod';
import { Version } from '../../../agent/controller/protocol.ts';
import { empty, json } from '../answer.ts';
import { rfc3339 } from '../clock.ts';
import { Fault, FaultSpec } from '../faults/spec.ts';
import type { WatchEvent } from '../parts.ts';
import { AuditEntry } from '../records.ts';
import { defineRoute, type Route } from '../route.ts';

export const FaultList = z.object({ faults: z.array(Fault) });
export const FaultsEnded = z.object({ ended: z.int() });
export const AuditLog = z.object({ entries: z.array(AuditEntry) });
export const RequestList = z.object({
  requests: z.array(
    z.object({
      at: z.string(),
      method: z.string(),
      path: z.string(),
      role: z.enum(['none', 'bootstrap', 'node', 'operator']),
      subject: z.string().nullable(),
      status: z.int().nullable(),
      code: z.string().nullable(),
      faults: z.array(z.string()),
      requestId: z.string(),
    }),
  ),
});
export const SettingsView = z.object({
  rateLimit: z.number().positive().nullable(),
  longPollMaxSeconds: z.int().nonnegative(),
  autoApprove: z.boolean(),
  controllerVersion: Version,
  retryAfterSeconds: z.int().nonnegative().nullable(),
});
export const SettingsChange = SettingsView.partial();

const ADMIN = { access: 'admin' } as const;

/** What is of a lab: faults, settings, and what happened. */
export const labRoutes: readonly Route[] = [
  defineRoute({
    ...ADMIN,
    id: 'watch',
    method: 'GET',
    path: '/admin/watch',
    summary: 'Every change as it happens, as server-sent events of kind registration, node, suspicion or audit',
    answers: { 200: { description: 'an endless stream', schema: z.string(), mediaType: 'text/event-stream' } },
    handle: ({ parts, signal }) => {
      const stream = new PassThrough();
      const send = (event: WatchEvent): void => {
        stream.write(`event: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`);
      };
      const beat = setInterval(() => stream.write(': still here\n\n'), 15_000);
      parts.changes.on('change', send);
      signal.addEventListener('abort', () => {
        clearInterval(beat);
        parts.changes.off('change', send);
        stream.end();
      });
      stream.write(`event: open\ndata: ${JSON.stringify({ at: rfc3339(parts.clock.now()) })}\n\n`);
      return {
        status: 200,
        headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
        body: stream,
      };
    },
  }),
  defineRoute({
    ...ADMIN,
    id: 'audit',
    method: 'GET',
    path: '/admin/audit',
    summary: 'Who did what, oldest first',
    answers: { 200: { description: 'all', schema: AuditLog } },
    handle: ({ parts }) => json(200, { entries: parts.records.audit.list() }),
  }),
  defineRoute({
    ...ADMIN,
    id: 'listFaults',
    method: 'GET',
    path: '/admin/faults',
    summary: 'The faults that are on',
    answers: { 200: { description: 'all', schema: FaultList } },
    handle: ({ parts }) => json(200, { faults: parts.faults.list() }),
  }),
  defineRoute({
    ...ADMIN,
    id: 'switchFaultOn',
    method: 'POST',
    path: '/admin/faults',
    summary: 'Switches a fault on',
    body: FaultSpec,
    answers: { 201: { description: 'on from now', schema: Fault } },
    handle: async ({ parts, body }) => {
      const fault = parts.faults.switchOn(body);
      parts.audit('admin', 'fault on', fault.id, { kind: body.kind });
      await parts.refreshServer();
      return json(201, fault);
    },
  }),
  defineRoute({
    ...ADMIN,
    id: 'switchFaultsOff',
    method: 'DELETE',
    path: '/admin/faults',
    summary: 'Switches one fault, all of a kind, or all off',
    query: z.object({ which: z.string().optional() }),
    answers: { 200: { description: 'how many were on', schema: FaultsEnded } },
    handle: async ({ parts, query }) => {
      const ended = parts.faults.switchOff(query.which);
      parts.audit('admin', 'fault off', query.which ?? 'all', { ended });
      await parts.refreshServer();
      return json(200, { ended });
    },
  }),
  defineRoute({
    ...ADMIN,
    id: 'getSettings',
    method: 'GET',
    path: '/admin/settings',
    summary: 'Rate limit, long-poll and version',
    answers: { 200: { description: 'as they are', schema: SettingsView } },
    handle: ({ parts }) => json(200, parts.settings),
  }),
  defineRoute({
    ...ADMIN,
    id: 'changeSettings',
    method: 'PATCH',
    path: '/admin/settings',
    summary: 'Changes them until the next start',
    body: SettingsChange,
    answers: { 200: { description: 'as they are now', schema: SettingsView } },
    handle: ({ parts, body }) => {
      Object.assign(parts.settings, body);
      parts.audit('admin', 'change settings', 'controller', z.record(z.string(), z.json()).parse(body));
      return json(200, parts.settings);
    },
  }),
  defineRoute({
    ...ADMIN,
    id: 'listRequests',
    method: 'GET',
    path: '/admin/requests',
    summary: 'Requests of agents and operators since the start, oldest first',
    answers: { 200: { description: 'the last 100,000', schema: RequestList } },
    handle: ({ parts }) => json(200, { requests: parts.requests.all }),
  }),
  defineRoute({
    ...ADMIN,
    id: 'forgetRequests',
    method: 'DELETE',
    path: '/admin/requests',
    summary: 'Empties the list of requests',
    answers: { 204: { description: 'emptied' } },
    handle: ({ parts }) => {
      parts.requests.clear();
      return empty(204);
    },
  }),
];
