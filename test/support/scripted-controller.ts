import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Controller } from '../../agent/controller/controller.ts';
import { defaultPatience } from '../../agent/controller/patience.ts';
import { connectAgent } from './agent-client.ts';
import { createTestPki } from './test-pki.ts';
import { startTlsServer, type TlsServer } from './tls-server.ts';

/** A good answer to call 0. */
export const META = {
  controllerVersion: '1.3.0',
  apiVersions: ['v1'],
  minImage: null,
  blockedImages: [],
  clusterId: 'c1',
  longPollMaxSeconds: 50,
  autoApprove: false,
  time: '2026-01-31T08:00:00Z',
};

/** What every answer that is not of the protocol ends as. */
export const FOREIGN = {
  code: 'E_ANSWER_FOREIGN',
  exitStatus: 69,
  retry: { class: 'retry', authenticated: false },
} as const;

/** A trusted server that answers whatever a test says, and a client of the agent that is pointed at it. */
export interface ScriptedController {
  readonly controller: Controller;
  readonly server: TlsServer;
  /** Handles every request from now on; `body` is the whole body of the request. */
  respond(how: (request: IncomingMessage, response: ServerResponse, body: string) => unknown): void;
  answer(status: number, type: string | null, body: string | Buffer, headers?: Record<string, string>): void;
  problem(status: number, fields: Record<string, unknown>, headers?: Record<string, string>): void;
  close(): Promise<void>;
}

export async function startScriptedController(patience = defaultPatience): Promise<ScriptedController> {
  const pki = await createTestPki();
  let handle: Parameters<ScriptedController['respond']>[0] = (_request, response) => response.writeHead(404).end();
  const server = await startTlsServer(await pki.server(), async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    handle(request, response, Buffer.concat(chunks).toString());
  });
  const controller = connectAgent({ urls: [server.url], cas: [pki.ca], patience });
  const answer: ScriptedController['answer'] = (status, type, body, headers = {}) => {
    handle = (_request, response) =>
      response.writeHead(status, { ...(type === null ? {} : { 'content-type': type }), ...headers }).end(body);
  };
  return {
    controller,
    server,
    answer,
    respond: how => {
      handle = how;
    },
    problem: (status, fields, headers) => {
      const body = { type: 'urn:x', title: 't', status, detail: '', retryAfter: null, requestId: 'req-1', ...fields };
      answer(status, 'application/problem+json', JSON.stringify(body), headers);
    },
    close: async () => {
      await controller.close();
      await server.close();
    },
  };
}
