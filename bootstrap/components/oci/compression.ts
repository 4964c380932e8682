import { Readable } from 'node:stream';
import { constants, createGunzip, createZstdDecompress, type Gunzip, type ZstdDecompress } from 'node:zlib';
import { ArchiveProblem } from './archive-problem.ts';

export type Compression = 'none' | 'gzip' | 'zstd';

/** Told by the first bytes, as container runtimes do it. */
export function compressionOf(start: Uint8Array): Compression {
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gzip';
  return start[0] === 0x28 && start[1] === 0xb5 && start[2] === 0x2f && start[3] === 0xfd ? 'zstd' : 'none';
}

/** What `zstd --ultra --long` may ask for at most; a hostile archive asks for gigabytes. */
const zstdWindowLog = 27;
const pieceBytes = 256 * 1024;

export function decompressor(compression: 'gzip' | 'zstd'): Gunzip | ZstdDecompress {
  return compression === 'gzip'
    ? createGunzip({ chunkSize: pieceBytes })
    : createZstdDecompress({ chunkSize: pieceBytes, params: { [constants.ZSTD_d_windowLogMax]: zstdWindowLog } });
}

/** The unpacked bytes of a compressed stream, not more than `budget` allows. Throws ArchiveProblem. */
export async function* unpacked(
  pieces: AsyncIterable<Buffer>,
  compression: 'gzip' | 'zstd',
  budget: Budget,
): AsyncGenerator<Buffer> {
  let given = 0;
  const counted = async function* () {
    for await (const piece of pieces) {
      given += piece.length;
      yield piece;
    }
  };
  const source = Readable.from(counted(), { highWaterMark: 1 });
  const unpacking = decompressor(compression);
  source.on('error', error => unpacking.destroy(error));
  source.pipe(unpacking);
  try {
    for await (const piece of unpacking) {
      budget.take(piece.length);
      yield piece;
    }
    if (compression === 'zstd' && unpacking.bytesWritten < given) throw severalFrames();
  } catch (error) {
    throw problemOf(error, compression);
  } finally {
    source.destroy();
    unpacking.destroy();
  }
}

/** What is wrong with a compressed stream; any other error stays itself. */
export function problemOf(error: unknown, compression: Compression): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'Z_BUF_ERROR' || /unexpected end|ended prematurely/i.test(String(error))) {
    return new ArchiveProblem('archive-truncated', `the ${compression} stream stops in the middle`, 'its end');
  }
  // The first frame was begun, so this is what comes after it.
  if (code.includes('prefix_unknown')) return severalFrames();
  if (!/^(Z_|ZSTD_)/.test(code)) return error;
  if (code.includes('windowTooLarge')) {
    return new ArchiveProblem(
      'archive-too-large',
      'unpacking it takes more than 128 MiB of memory',
      'zstd -19 or less',
    );
  }
  return new ArchiveProblem('archive-damaged', `the ${compression} stream is damaged (${code})`, 'an intact stream');
}

/** Node's decompressor ends with the first one, or loses what comes after it. */
function severalFrames(): ArchiveProblem {
  return new ArchiveProblem('archive-not-supported', 'a zstd stream of several frames', 'one frame, as zstd writes it');
}

export interface Budget {
  /** Throws ArchiveProblem where that is more than is left. */
  take(bytes: number): void;
}

/** Far more than images need (layers shrink to a third), far less than a bomb makes of it (a thousandfold). */
const mostTimes = 100;
const atLeastBytes = 64 * 1024 * 1024;

/** How many bytes may be unpacked from an archive, all in all. */
export function createBudget(archiveBytes: number): Budget {
  const limit = atLeastBytes + archiveBytes * mostTimes;
  let taken = 0;
  return {
    take(bytes) {
      taken += bytes;
      if (taken <= limit) return;
      throw new ArchiveProblem(
        'archive-too-large',
        `${archiveBytes} bytes unpack to more than ${limit}, as a decompression bomb does`,
        `at most ${mostTimes} times as much`,
      );
    },
  };
}
