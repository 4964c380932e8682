import { gzipSync } from 'node:zlib';
import { type Answer, problem } from '../answer.ts';
import type { FaultSpec } from './spec.ts';

/** What a fault answers in place of the Controller; null for those that let the request through. */
export function faultAnswer(fault: FaultSpec, requestId: string): Answer | null {
  switch (fault.kind) {
    case 'maintenance':
      return problem(fields(503, 'maintenance', 'retry', requestId), fault.retryAfter);
    case 'unknown-problem':
      return problem(fields(fault.status, fault.code, fault.class, requestId), null);
    case 'hostile-retry-after':
      return hostile(fault.value, requestId);
    case 'html':
      return html(fault.status);
    case 'redirect':
      return { status: 307, headers: { location: fault.location }, body: null };
    case 'oversized-body':
      return { status: 200, headers: JSON_TYPE, body: padded(fault.bytes) };
    case 'gzip-bomb':
      return {
        status: 200,
        headers: { ...JSON_TYPE, 'content-encoding': 'gzip' },
        body: gzipSync(padded(fault.bytes)),
      };
    default:
      return null;
  }
}

const JSON_TYPE = { 'content-type': 'application/json' };

function fields(status: number, code: string, problemClass: 'retry' | 'wait' | 'terminal', requestId: string) {
  const detail = 'a fault that is switched on answers so';
  return { type: `urn:conjurer:problem:${code}`, title: code, status, detail, code, class: problemClass, requestId };
}

/** A number where it is one, so that body and header agree; else only the header has it. */
function hostile(value: string, requestId: string): Answer {
  const seconds = /^\d+$/.test(value) ? Number(value) : null;
  const answer = problem(fields(429, 'rate_limited', 'retry', requestId), seconds);
  return { ...answer, headers: { ...answer.headers, 'retry-after': value } };
}

function html(status: number): Answer {
  const title = status === 200 ? 'Welcome to the guest network' : '502 Bad Gateway';
  const body = `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`;
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body };
}

function padded(bytes: number): Buffer {
  const [before, after] = [Buffer.from('{"padding":"'), Buffer.from('"}')];
  return Buffer.concat([before, Buffer.alloc(Math.max(0, bytes - before.length - after.length), '0'), after]);
}
