import { describe, expect, it } from 'vitest';
import { failureOf } from '../../../../agent/cli/failure.ts';
import { removeForeign } from '../../../../agent/cli/foreign-environment.ts';
import { needsRoot } from '../../../../agent/cli/needs-root.ts';
import { createRenderer } from '../../../../agent/cli/render.ts';
import { createStyle, wantsColor } from '../../../../agent/cli/style.ts';
import { createRedactor } from '../../../../agent/redaction.ts';
import { AgentError } from '../../../../bootstrap/errors.ts';

describe('what a command ends with', () => {
  const idle = new AbortController().signal;
  const stopped = AbortSignal.abort(new AgentError('E_TERMINATED', 'stopped'));

  it('is the error itself, also after a signal', () => {
    const error = new AgentError('E_LOCKED', 'no');
    expect(failureOf(error, idle)).toBe(error);
    expect(failureOf(error, stopped)).toBe(error);
  });

  it('is the signal, where it broke something off', () => {
    expect(failureOf(new Error('aborted'), stopped)).toMatchObject({ code: 'E_TERMINATED', exitStatus: 143 });
  });

  it('is a bug otherwise, with its cause for the log', () => {
    const cause = new TypeError('x is undefined');
    const bug = { code: 'E_BUG', exitStatus: 1, message: 'a bug in conjurer: x is undefined', cause };
    expect(failureOf(cause, idle)).toMatchObject(bug);
    expect(failureOf('text', idle).message).toBe('a bug in conjurer: text');
  });
});

it('what steers Node, TLS or proxies is taken out of the environment, and nothing else', () => {
  const environment: Record<string, string> = {
    NODE_OPTIONS: 'x',
    NODE_EXTRA_CA_CERTS: 'x',
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    SSL_CERT_FILE: 'x',
    SSL_CERT_DIR: 'x',
    SSLKEYLOGFILE: 'x',
    OPENSSL_CONF: 'x',
    https_proxy: 'x',
    HTTP_PROXY: 'x',
    All_Proxy: 'x',
    no_proxy: 'x',
    PATH: '/bin',
    TERM: 'xterm',
    NO_COLOR: '1',
    CONJURER_EDGE_NAME: 'e',
    NOTIFY_SOCKET: '/run/x',
    MY_NODE_OPTIONS: 'x',
  };
  removeForeign(environment);
  expect(Object.keys(environment)).toEqual([
    'PATH',
    'TERM',
    'NO_COLOR',
    'CONJURER_EDGE_NAME',
    'NOTIFY_SOCKET',
    'MY_NODE_OPTIONS',
  ]);
});

it.each([
  [true, [], {}, true],
  [false, [], {}, false],
  [true, ['--no-color'], {}, false],
  [true, [], { NO_COLOR: '1' }, false],
  [true, [], { NO_COLOR: '' }, true],
  [true, [], { TERM: 'dumb' }, false],
] as const)('colour: terminal %s, %j, %j → %s', (terminal, argv, environment, wanted) => {
  expect(wantsColor(terminal, argv, environment)).toBe(wanted);
  expect(createStyle(wanted).bad('x')).toBe(wanted ? '\u001B[31mx\u001B[39m' : 'x');
});

it('a tree elsewhere needs no root', () => {
  expect(() => needsRoot('run', '/somewhere')).not.toThrow();
});

describe('what is printed', () => {
  function printed(json: boolean) {
    const out: string[] = [];
    const err: string[] = [];
    const redactor = createRedactor();
    redactor.addSecret('canary-secret');
    const render = createRenderer({
      stdout: { write: (text: string) => out.push(text) },
      bytes: async bytes => void out.push(Buffer.from(bytes).toString()),
      stderr: { write: (text: string) => err.push(text) },
      style: createStyle(false),
      errorStyle: createStyle(false),
      hint: text => text,
      redactor,
      json,
      terminal: false,
    });
    render.text('text with canary-secret');
    render.object({ schema: 'x/v1', value: 'canary-secret', url: 'http://u:p@h/' });
    out.push(render.clean('drawn with canary-secret'));
    render.note('note with canary-secret');
    render.error(new AgentError('E_USAGE', 'error with canary-secret', { seen: 'canary-secret' }), null);
    return { out: out.join(''), err: err.join('') };
  }

  it.each([true, false])('holds no secret (--json: %s)', json => {
    const { out, err } = printed(json);
    expect(out + err).toContain('<redacted:secret:');
    expect(out + err).not.toContain('canary');
    expect(out + err).not.toContain('u:p@');
  });

  it('is one object and nothing else with --json, errors too', () => {
    const { out, err } = printed(true);
    expect(out).not.toContain('text with');
    expect(out).toContain('"schema": "conjurer.error/v1"');
    expect(err).toMatch(/^note with <redacted:secret:[0-9a-f]{8}>\n$/);
  });
});
