import type { Files } from '../../../bootstrap/host/host.ts';
import { paths } from '../../config/paths.ts';
import { textOf } from './limits.ts';
import { Recording, type RecordingKind, type Recordings } from './recording.ts';

/** What a recorder needs of the program around it. */
export interface RecorderParts {
  readonly files: Files;
  readonly now: () => Date;
  readonly version: string;
  /** Takes secrets out of every text of a value. */
  readonly redact: (value: unknown) => unknown;
  /** Told why nothing could be recorded; that never fails what is recorded. */
  readonly onError?: (error: unknown) => void;
}

/** Everything that was recorded on this machine. Never throws: what cannot be read is null. */
export async function readRecordings(files: Files): Promise<Recordings> {
  const [run, preflight, validate] = await Promise.all([
    readRecording(files, 'run'),
    readRecording(files, 'preflight'),
    readRecording(files, 'validate'),
  ]);
  return { run, preflight, validate };
}

export async function readRecording(files: Files, kind: RecordingKind): Promise<Recording | null> {
  try {
    const text = await files.readText(pathOf(kind));
    return text === null ? null : Recording.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Whole, so that a disk that is full leaves the last one as it is. null: there is nothing to keep. Throws E_HOST_FILE. */
export async function writeRecording(files: Files, kind: RecordingKind, recording: Recording | null): Promise<void> {
  if (recording !== null) return files.write(pathOf(kind), textOf(recording), 0o600);
  if ((await files.stat(pathOf(kind))) !== null) await files.remove(pathOf(kind));
}

/** Of the kernel that runs here; null where it does not say. */
export async function readBootId(files: Files): Promise<string | null> {
  const text = await files.readText('/proc/sys/kernel/random/boot_id').catch(() => null);
  return text?.trim() || null;
}

function pathOf(kind: RecordingKind): string {
  return `${paths.flightRecorder}/${kind}.json`;
}
