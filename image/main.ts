import { buildImage } from './build-image.ts';
import { parseOptions } from './options.ts';

/** `npm run image`: see docs/image-builder.md. */
try {
  const began = performance.now();
  const log = (line: string): void => {
    process.stderr.write(`${String(Math.round((performance.now() - began) / 1000)).padStart(4)} s  ${line}\n`);
  };
  const { name, buildId, manifest, disk, qcow2, ova } = await buildImage({
    ...parseOptions(process.argv.slice(2)),
    log,
  });
  log('done');
  const files = [disk, qcow2, ova].filter(file => file !== null);
  process.stdout.write(`${name}, build ${buildId}, manifest signed by ${manifest.keyId}\n${files.join('\n')}\n`);
} catch (error) {
  process.stderr.write(`image: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
