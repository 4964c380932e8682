import { once } from 'node:events';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startController } from './start.ts';

const USAGE = `usage: npm run controller -- --listen HOST:PORT --data DIR [options]
  --listen HOST:PORT        where to listen (127.0.0.1:8443)
  --data DIR                what lasts: CA, keys, database, admin token (.cache/controller)
  --name NAME               another name or address of this machine, for its certificate; may be repeated
  --rate-limit N            at most N agent requests a second
  --auto-approve            clusters made from now on approve new machines by themselves
  --controller-version V    what images are measured by (2.0.0)
`;

await main();

async function main(): Promise<void> {
  const options = readArguments();
  if (options === null) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  // Heard from before the welcome on: who reads it may end this process at once.
  const ended = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  try {
    const controller = await startController(options);
    process.stdout.write(welcome(controller.url, options.data));
    await ended;
    await controller.close();
  } catch (error) {
    process.stderr.write(`the Controller did not start: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        listen: { type: 'string', default: '127.0.0.1:8443' },
        data: { type: 'string', default: '.cache/controller' },
        name: { type: 'string', multiple: true, default: [] },
        'rate-limit': { type: 'string' },
        'auto-approve': { type: 'boolean', default: false },
        'controller-version': { type: 'string', default: '2.0.0' },
      },
    });
    const address = /^(?:\[(?<six>[^\]]+)\]|(?<four>[^:]+)):(?<port>\d{1,5})$/.exec(values.listen)?.groups;
    const rateLimit = values['rate-limit'] === undefined ? null : Number(values['rate-limit']);
    if (!address || (rateLimit !== null && !(rateLimit > 0))) return null;
    return {
      data: path.resolve(values.data),
      listen: { host: address.six ?? address.four ?? '', port: Number(address.port) },
      names: values.name,
      settings: {
        rateLimit,
        autoApprove: values['auto-approve'],
        controllerVersion: values['controller-version'],
      },
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return null;
  }
}

function welcome(url: string, data: string): string {
  const admin = `npm run controller:admin -- --data ${data}`;
  return `Reference Controller at ${url}
  its CA         ${path.join(data, 'ca', 'cert.pem')}
  admin token    ${path.join(data, 'admin-token')}
  its API        ${url}/openapi.json
next, in another terminal:
  ${admin} cluster create edge-01 --out DIR
  ${admin} list
  ${admin} approve EDGE-NAME
Ctrl-C ends it; what was acknowledged is kept.
`;
}
