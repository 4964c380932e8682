import { randomUUID } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { BASE_PATH } from '../../../agent/controller/protocol.ts';
import type { Answer } from '../answer.ts';
import { rfc3339 } from '../clock.ts';
import type { AimedFault } from '../faults/spec.ts';
import type { Parts } from '../parts.ts';
import type { Peer } from '../peer.ts';

/** One request on its way through the server. */
export interface Visit {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  /** Of an agent or operator: faults, rate limit and request log are for these alone. */
  readonly fromAgent: boolean;
  readonly faults: readonly AimedFault[];
  peer: Peer | null;
}

export function beginVisit(parts: Parts, method: string, path: string): Visit {
  const fromAgent = path.startsWith(`${BASE_PATH}/`) && !path.startsWith(`${BASE_PATH}/admin/`);
  const faults = fromAgent ? parts.faults.strike(method, path) : [];
  return { requestId: randomUUID(), method, path, fromAgent, faults, peer: null };
}

/** Sends the answer, or what the faults of this visit make of it. The request log has it before the client does. */
export function deliver(parts: Parts, visit: Visit, reply: FastifyReply, answer: Answer): void {
  const spoilt = visit.faults.find(
    ({ kind }) => kind === 'lost-answer' || kind === 'cut-body' || kind === 'stalled-body',
  );
  logVisit(parts, visit, spoilt?.kind === 'lost-answer' ? null : answer);
  if (!spoilt) {
    // As bytes: to text fastify would add a charset, which these media types do not have.
    const body = typeof answer.body === 'string' ? Buffer.from(answer.body) : (answer.body ?? undefined);
    void reply.code(answer.status).headers(answer.headers).send(body);
    return;
  }
  reply.hijack();
  if (spoilt.kind === 'lost-answer') {
    reply.raw.destroy();
    return;
  }
  const whole = Buffer.from(
    typeof answer.body === 'string' || Buffer.isBuffer(answer.body) ? answer.body : ' '.repeat(20),
  );
  reply.raw.writeHead(answer.status, { ...answer.headers, 'content-length': whole.length });
  reply.raw.write(whole.subarray(0, Math.floor(whole.length / 2)), () => {
    if (spoilt.kind === 'cut-body') reply.raw.destroy();
  });
}

/** Leaves the client without an answer until it gives up. */
export function stall(parts: Parts, visit: Visit, reply: FastifyReply): void {
  logVisit(parts, visit, null);
  reply.hijack();
}

function logVisit(parts: Parts, visit: Visit, answer: Answer | null): void {
  if (!visit.fromAgent) return;
  parts.requests.add({
    at: rfc3339(parts.clock.now()),
    method: visit.method,
    path: visit.path,
    role: visit.peer?.role ?? 'none',
    subject: visit.peer?.subject ?? null,
    status: answer?.status ?? null,
    code: answer?.code ?? null,
    faults: visit.faults.map(({ kind }) => kind),
    requestId: visit.requestId,
  });
}
