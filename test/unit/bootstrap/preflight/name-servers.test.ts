import { describe, expect, it } from 'vitest';
import type { NameAnswer } from '../../../../bootstrap/preflight/outside.ts';
import { changed, checkOn } from '../../../support/preflight-fixtures/machine.ts';
import { machines } from '../../../support/preflight-fixtures/machines.ts';

const controller = 'controller.example.com';
const here: NameAnswer = { kind: 'addresses', addresses: ['203.0.113.7'] };
const unknown: NameAnswer = { kind: 'unknown-name' };
const silent: NameAnswer = { kind: 'no-answer', code: 'ETIMEOUT' };

/** Name servers 10.20.0.2 and 10.20.0.3, in that order, in the words of resolv.conf. */
function resolving(
  lines: string,
  says: Readonly<Record<string, (name: string) => NameAnswer>>,
  names: readonly string[] | null = [controller],
) {
  return changed(machines['ubuntu-22.04'], {
    files: { '/etc/resolv.conf': `nameserver 10.20.0.2\nnameserver 10.20.0.3\n${lines}` },
    outside: {
      names: async () => names,
      askNameServer: async (server, name) => says[server]?.(name) ?? silent,
    },
  });
}

const both = (answer: (name: string) => NameAnswer) => ({ '10.20.0.2': answer, '10.20.0.3': answer });

describe('dns-resolves', () => {
  it('is about the servers: one that knows of no such name answers, too', async () => {
    const well = await checkOn('dns-resolves', resolving('', { '10.20.0.2': () => here, '10.20.0.3': () => unknown }));
    expect(well).toMatchObject({ status: 'pass', observed: '10.20.0.2 answers, 10.20.0.3 answers' });
  });

  it('one that is dead warns, all that are dead end it', async () => {
    const half = await checkOn('dns-resolves', resolving('', { '10.20.0.3': () => here }));
    expect(half).toMatchObject({ status: 'warn', observed: '10.20.0.2 does not (ETIMEOUT), 10.20.0.3 answers' });
    expect(half.fix).toContain('check 10.20.0.2');
    expect((await checkOn('dns-resolves', resolving('', {}))).status).toBe('fail');
  });

  it('a name in the hosts file needs no server', async () => {
    const named = (hosts: string) => changed(resolving('', {}), { files: { '/etc/hosts': hosts } });
    expect((await checkOn('dns-resolves', named('10.0.0.1\tother Controller.Example.com # site\n'))).status).toBe(
      'warn',
    );
    expect((await checkOn('dns-resolves', named('# 10.0.0.1 controller.example.com\n'))).status).toBe('fail');
  });

  it('without a name to look up, dead servers and none at all only warn', async () => {
    expect((await checkOn('dns-resolves', resolving('', {}, []))).status).toBe('warn');
    const none = changed(resolving('', {}, []), { files: { '/etc/resolv.conf': 'options edns0\n' } });
    expect(await checkOn('dns-resolves', none)).toMatchObject({
      status: 'warn',
      observed: 'no name server is configured',
    });
    const unread = changed(none, { outside: { names: async () => null } });
    expect((await checkOn('dns-resolves', unread)).status).toBe('fail');
  });
});

describe('dns-rotate', () => {
  it('two servers that differ take turns: both are quoted', async () => {
    const says = { '10.20.0.2': () => here, '10.20.0.3': () => unknown };
    const differ = await checkOn('dns-rotate', resolving('options edns0 rotate\n', says));
    expect(differ.status).toBe('warn');
    expect(differ.observed).toBe(
      'controller.example.com: 10.20.0.2 says 203.0.113.7, 10.20.0.3 says that there is no such name',
    );
    expect(differ.fix).toContain('take rotate out of the options');
    const dead = await checkOn('dns-rotate', resolving('options rotate\n', { '10.20.0.2': () => here }));
    expect(dead.observed).toContain('10.20.0.3 says nothing (ETIMEOUT)');
  });

  it('servers that agree may take turns, and one server cannot', async () => {
    const agree = await checkOn(
      'dns-rotate',
      resolving(
        'options rotate\n',
        both(() => here),
      ),
    );
    expect(agree).toMatchObject({ status: 'pass', observed: expect.stringContaining('10.20.0.2, 10.20.0.3 agree') });
    const stub = changed(resolving('', {}), {
      files: { '/etc/resolv.conf': 'nameserver 127.0.0.53\noptions edns0 trust-ad rotate\n' },
    });
    expect((await checkOn('dns-rotate', stub)).status).toBe('pass');
  });

  it('without the option nobody is asked', async () => {
    const machine = changed(resolving('options edns0 timeout:1\n#options rotate\n', {}), {
      outside: { askNameServer: async () => Promise.reject(new Error('asked')) },
    });
    expect(await checkOn('dns-rotate', machine)).toMatchObject({ status: 'pass', observed: 'no option rotate' });
  });

  it('where the names cannot be known, it is the option that is warned of', async () => {
    const unread = await checkOn(
      'dns-rotate',
      resolving(
        'options rotate\n',
        both(() => here),
        null,
      ),
    );
    expect(unread).toMatchObject({ status: 'warn', observed: expect.stringContaining('no name is known') });
  });
});

describe('dns-wildcard', () => {
  const wild = (name: string): NameAnswer =>
    name.endsWith('.wild.example') ? { kind: 'addresses', addresses: ['198.51.100.9'] } : unknown;

  it('a domain that knows a name which nobody has is named', async () => {
    const found = await checkOn('dns-wildcard', resolving('search calm.example wild.example\n', both(wild)));
    expect(found.status).toBe('warn');
    expect(found.observed).toContain('10.20.0.2 says that *.wild.example is 198.51.100.9');
    expect(found.observed).not.toContain('calm.example');
  });

  it('an honest domain passes, silence cannot be told, no domain is no question', async () => {
    const calm = await checkOn('dns-wildcard', resolving('search calm.example\n', both(wild)));
    expect(calm).toMatchObject({ status: 'pass', observed: 'no wildcard in calm.example' });
    expect((await checkOn('dns-wildcard', resolving('search calm.example\n', {}))).status).toBe('error');
    expect((await checkOn('dns-wildcard', resolving('', both(wild)))).status).toBe('skip');
  });
});
