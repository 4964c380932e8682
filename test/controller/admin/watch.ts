import { Agent, request } from 'undici';
import { BASE_PATH } from '../../../agent/controller/protocol.ts';
import { ADMIN_NAME } from '../http/tls.ts';
import type { AdminTarget } from './client.ts';

/** The server-sent events of the Controller, each as its kind and its data, until the connection ends. */
export async function* watchEvents(target: AdminTarget): AsyncGenerator<{ kind: string; data: string }> {
  const dispatcher = new Agent({
    connect: { ca: target.ca, servername: ADMIN_NAME, rejectUnauthorized: true },
    bodyTimeout: 0,
  });
  try {
    const { body } = await request(`${target.url}${BASE_PATH}/admin/watch`, {
      dispatcher,
      headers: { authorization: `Bearer ${target.token}` },
    });
    body.setEncoding('utf8');
    let rest = '';
    for await (const chunk of body) {
      const blocks = `${rest}${chunk}`.split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, kind] = /^event: (.*)$/m.exec(block) ?? [];
        const [, data] = /^data: (.*)$/m.exec(block) ?? [];
        if (kind !== undefined && data !== undefined) yield { kind, data };
      }
    }
  } finally {
    await dispatcher.destroy();
  }
}
