import { type Logger, pino } from 'pino';
import { AgentError } from '../bootstrap/errors.ts';
import { rotatingFile } from '../bootstrap/host/rotating-file.ts';
import { paths } from './config/paths.ts';
import type { Redactor } from './redaction.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** `log.warn({ edgeName }, 'approval timed out')`: the message never changes, what changes is in the fields. */
export type Log = Pick<Logger, LogLevel> & {
  /** Where the log is, as a person must type it, and why it could not be written (errno) or null. */
  where(): { readonly path: string; readonly problem: string | null };
  close(): void;
};

export interface LogOptions {
  readonly root: string;
  readonly level: LogLevel;
  readonly redactor: Redactor;
  /** Where the lines go besides the file; null: nowhere. */
  readonly alsoTo: { write(line: string): unknown } | null;
}

const maxBytes = 5 * 1024 * 1024;

/** JSON lines in /var/log/conjurer/conjurer.log (0600, four files of 5 MiB at most), without any secret. */
export async function createLog({ root, level, redactor, alsoTo }: LogOptions): Promise<Log> {
  const file = await rotatingFile({ root, path: paths.log, mode: 0o600, maxBytes, keep: 3 });
  const destination = {
    write(line: string) {
      const clean = redactedLine(redactor, line);
      file.write(clean);
      alsoTo?.write(clean);
    },
  };
  const logger = pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      serializers: { error: errorFields, err: errorFields },
    },
    destination,
  );
  return {
    debug: logger.debug.bind(logger),
    info: logger.info.bind(logger),
    warn: logger.warn.bind(logger),
    error: logger.error.bind(logger),
    where: () => ({ path: root === '/' ? paths.log : `${root}${paths.log}`, problem: file.problem() }),
    close: () => file.close(),
  };
}

/** What is logged of an error: its stack only where it is our bug. */
export function errorFields(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const cause = error.cause === undefined ? {} : { cause: causeFields(error.cause) };
  if (!(error instanceof AgentError)) return { name: error.name, message: error.message, stack: error.stack, ...cause };
  const { code, message, seen, wanted, check, next, data } = error;
  return { code, message, seen, wanted, check, next, data, ...cause };
}

function causeFields(cause: unknown): unknown {
  if (cause instanceof AgentError || !(cause instanceof Error)) return errorFields(cause);
  const code = 'code' in cause ? { code: cause.code } : {};
  return { name: cause.name, message: cause.message, ...code };
}

function redactedLine(redactor: Redactor, line: string): string {
  return `${JSON.stringify(redactor.redactValue(JSON.parse(line)))}\n`;
}
