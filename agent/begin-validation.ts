import type { Depth, Progress } from '../bootstrap/components/finding.ts';
import type { Validation } from '../bootstrap/components/validate.ts';
import { startHashThreads } from '../bootstrap/host/hash-thread.ts';
import type { BegunValidation } from './agent.ts';

/**
 * Begins a validation that changes nothing before configuration and log are there, which it needs neither of: meanwhile
 * files are hashed.
 */
export function beginValidation(root: string, depth: Depth, signal: AbortSignal): BegunValidation {
  const { progress, began, tell } = deferredProgress();
  // They start on other processors while this one loads all the rest, which is why nothing of it is loaded before.
  const ready = depth === 'quick' ? [] : startHashThreads();
  const validation = validating();
  const underway = Promise.race([began, validation.then(ignore, ignore)]);
  return {
    underway,
    result(to) {
      tell(to);
      return validation;
    },
  };

  async function validating(): Promise<Validation> {
    await import('./plain-schemas.ts');
    const { localHost } = await import('../bootstrap/host/local-host.ts');
    const { examine } = await import('./validate.ts');
    return examine({ host: localHost({ root }), uid: process.getuid?.() ?? 0, ready }, depth, progress, signal);
  }
}

/** Progress that nobody is told yet. */
function deferredProgress(): { progress: Progress; began: Promise<void>; tell(to: Progress): void } {
  const began = Promise.withResolvers<void>();
  let untold = { expected: 0, read: 0 };
  let told: Progress | null = null;
  const progress: Progress = {
    expect(bytes) {
      if (told === null) untold.expected += bytes;
      else told.expect(bytes);
    },
    read(bytes) {
      began.resolve();
      if (told === null) untold.read += bytes;
      else told.read(bytes);
    },
  };
  const tell = (to: Progress) => {
    to.expect(untold.expected);
    to.read(untold.read);
    untold = { expected: 0, read: 0 };
    told = to;
  };
  return { progress, began: began.promise, tell };
}

function ignore(): void {}
