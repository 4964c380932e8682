import { describe, expect, it } from 'vitest';
import { errorObject, errorPage } from '../../../../agent/cli/error-page.ts';
import { exitStatuses } from '../../../../agent/cli/exit-status.ts';
import { createStyle } from '../../../../agent/cli/style.ts';
import { type ErrorCode, errorTable } from '../../../../bootstrap/error-table.ts';
import { AgentError } from '../../../../bootstrap/errors.ts';

const plain = createStyle(false);
const asIs = (text: string) => text;
const log = { path: '/var/log/conjurer/conjurer.log', problem: null };

describe('the page of an error', () => {
  it('says what is wrong, what was seen and wanted, what to do next, where the log is', () => {
    const error = new AgentError('E_CREDENTIALS_INVALID', 'the credentials file is not valid', {
      check: 'mac',
      seen: 'N = 65',
      wanted: 'N a power of two from 2^14 to 2^18',
      cause: Object.assign(new Error('bad record'), { code: 'ERR_X' }),
    });
    expect(errorPage(error, log, plain, asIs)).toMatchInlineSnapshot(`
      "error E_CREDENTIALS_INVALID: the credentials file is not valid

        seen        N = 65
        wanted      N a power of two from 2^14 to 2^18
        check       mac
        cause       bad record (ERR_X)

      What to do next
        download the credentials again from the Controller, then: conjurer run

        log         /var/log/conjurer/conjurer.log
        more        conjurer explain E_CREDENTIALS_INVALID
        exit        78 (configuration, credentials or passphrase are wrong)
      "
    `);
  });

  it('names who must act where that is not the technician, and what to compare', () => {
    const error = new AgentError('E_WAITING', 'this machine waits for approval', {
      data: { claimCode: 'ABCD-EFGH', keyFingerprint: 'SHA256:abc', requestId: 'r-1' },
    });
    expect(errorPage(error, null, plain, asIs)).toMatchInlineSnapshot(`
      "waiting E_WAITING: this machine waits for approval

        claim code  ABCD-EFGH
        fingerprint SHA256:abc
        request     r-1
        must act    an admin of the Controller

      What to do next
        have an admin compare the claim code and approve it on the Controller, then: conjurer run

        more        conjurer explain E_WAITING
        exit        20 (waiting for approval, with --no-wait only)
      "
    `);
  });

  it('says that a log could not be written', () => {
    const page = errorPage(new AgentError('E_BUG', 'a bug in conjurer: x'), { ...log, problem: 'EROFS' }, plain, asIs);
    expect(page).toContain('/var/log/conjurer/conjurer.log could not be written (EROFS)');
  });

  it.each(Object.keys(errorTable) as ErrorCode[])('of %s has a documented exit status and no blank heading', code => {
    const page = errorPage(new AgentError(code, errorTable[code].title), log, plain, asIs);
    expect(page).toContain(`conjurer explain ${code}`);
    expect(page).toMatch(/What to do next\n {2}\S/);
    expect(page).not.toMatch(/\(.*\(/);
    expect(exitStatuses.map(({ status }) => status)).toContain(errorTable[code].status);
  });
});

it('the object of --json has every field, null where there is none', () => {
  const error = new AgentError('E_CREDENTIALS_INVALID', 'no', { check: 'san', data: { count: 2 } });
  expect(errorObject(error, asIs)).toEqual({
    schema: 'conjurer.error/v1',
    error: {
      code: 'E_CREDENTIALS_INVALID',
      problem: 'credentials_invalid',
      check: 'san',
      message: 'no',
      seen: null,
      wanted: null,
      next: errorTable.E_CREDENTIALS_INVALID.next,
      exitStatus: 78,
      fixer: 'technician',
      data: { count: 2 },
    },
  });
  expect(errorObject(new AgentError('E_USAGE', 'no'), asIs).error.problem).toBeNull();
});
