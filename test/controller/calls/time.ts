import { z } from 'zod';
import { Nonce } from '../../../agent/controller/protocol.ts';
import { jose } from '../answer.ts';
import { rfc3339 } from '../clock.ts';
import { TIME_TYPE } from '../pki/jws.ts';
import { defineRoute } from '../route.ts';
import { signAnswer } from '../signing.ts';

export const time = defineRoute({
  number: 11,
  id: 'time',
  method: 'GET',
  path: '/time',
  access: 'none',
  summary: 'The signed time, for a machine whose clock is wrong',
  query: z.object({ nonce: Nonce }),
  answers: {
    200: { description: 'compact JWS, typ conjurer-time+jws', schema: z.string(), mediaType: 'application/jose' },
  },
  handle: ({ parts, query, faults }) => {
    const payload = { nonce: query.nonce, now: rfc3339(parts.clock.now()) };
    return jose(signAnswer(parts, TIME_TYPE, payload, faults));
  },
});
