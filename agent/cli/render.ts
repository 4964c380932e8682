import type { AgentError } from '../../bootstrap/errors.ts';
import type { Redactor } from '../redaction.ts';
import { errorObject, errorPage } from './error-page.ts';
import type { Hint } from './hint.ts';
import type { Style } from './style.ts';

/** The only way to the person: no other file writes to stdout or stderr. Everything goes through the redactor. */
export interface Renderer {
  readonly style: Style;
  /** For every hint at a command, also in --json. */
  readonly hint: Hint;
  /** A person sees stdout as it is written, and nothing else writes there. */
  readonly terminal: boolean;
  /** A text without any secret, for whatever draws by itself. */
  clean(text: string): string;
  /** Human text, to stdout. With --json nothing is written. */
  text(text: string): void;
  /** The one object of --json, to stdout. */
  object(value: VersionedObject): void;
  /** A text that is the result itself, as a shell's completion, to stdout, byte for byte. */
  raw(text: string): void;
  /** Bytes that are the result itself, to stdout. Resolves when they are gone, so that a slow reader is waited for. */
  bytes(bytes: Uint8Array): Promise<void>;
  /** Shows the cursor again, which a live progress hides. */
  restoreTerminal(): void;
  /** A remark beside the result, to stderr. */
  note(text: string): void;
  /** The page of an error to stderr, or with --json its object to stdout. */
  error(error: AgentError, log: { readonly path: string; readonly problem: string | null } | null): void;
}

/** Which object it is and of which version, as in conjurer.status/v1: docs/cli.md has them all. */
export interface VersionedObject {
  readonly schema: string;
  readonly [key: string]: unknown;
}

export interface Sinks {
  readonly stdout: { write(text: string): unknown };
  /** To the same place as stdout. */
  readonly bytes: (bytes: Uint8Array) => Promise<void>;
  readonly stderr: { write(text: string): unknown };
  /** Of stdout. */
  readonly style: Style;
  /** Of stderr, which may go elsewhere. */
  readonly errorStyle: Style;
  readonly hint: Hint;
  readonly redactor: Redactor;
  readonly json: boolean;
  readonly terminal: boolean;
}

const showCursor = '\u001B[?25h';

export function createRenderer(sinks: Sinks): Renderer {
  const { stdout, stderr, style, errorStyle, hint, redactor, json, terminal } = sinks;
  const object = (value: VersionedObject) => {
    stdout.write(`${JSON.stringify(redactor.redactValue(value), null, 2)}\n`);
  };
  return {
    style,
    hint,
    terminal,
    clean: redactor.redact,
    text(text) {
      if (!json) stdout.write(`${redactor.redact(text)}\n`);
    },
    object,
    raw: text => {
      stdout.write(text);
    },
    bytes: sinks.bytes,
    restoreTerminal: () => {
      if (terminal) stdout.write(showCursor);
    },
    note: text => {
      stderr.write(`${redactor.redact(text)}\n`);
    },
    error(error, log) {
      if (json) object(errorObject(error, hint));
      else stderr.write(redactor.redact(errorPage(error, log, errorStyle, hint)));
    },
  };
}
