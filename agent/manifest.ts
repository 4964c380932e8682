import { createHash, createPublicKey } from 'node:crypto';
import { resolve } from 'node:path';
import type { Manifest } from '../bootstrap/components/manifest.ts';
import { manifestPath } from '../bootstrap/components/manifest.ts';
import { AgentError } from '../bootstrap/errors.ts';
import type { Files } from '../bootstrap/host/host.ts';
import type { CreateManifestOptions, ManifestSummary, SignManifestOptions } from './agent.ts';
import type { Base } from './assemble.ts';
import { builtInKeys } from './built-in-keys.ts';
import { parseYaml } from './config/yaml.ts';

/** `conjurer manifest create`: writes the manifest of the image in the root directory. */
export async function createImageManifest(
  { host, typed }: Base,
  options: CreateManifestOptions,
  signal: AbortSignal,
): Promise<ManifestSummary> {
  const { createManifest, manifestText } = await import('../bootstrap/components/create.ts');
  const specPath = resolve(options.specFile);
  const bytes = await typed.files.read(specPath);
  if (bytes === null) {
    throw new AgentError('E_USAGE', `--spec names a file that is not there: ${options.specFile}`, {
      next: `ls -l ${options.specFile}`,
    });
  }
  const { buildId, builtAt } = options;
  const spec = plainYaml(specPath, bytes);
  const manifest = await createManifest({ host, spec, specPath, buildId, builtAt, signal });
  const text = manifestText(manifest);
  const out = outOf(host.files, typed.files, options.outFile);
  await out.files.write(out.path, text, 0o644);
  // A signature of what was there before would only look like one of this.
  await out.files.remove(`${out.path}.sig`);
  return summary(manifest, Buffer.from(text), out.shown, null);
}

/** `conjurer manifest sign`: writes the signature beside the manifest. */
export async function signImageManifest(
  { host, typed, uid }: Base,
  options: SignManifestOptions,
): Promise<ManifestSummary> {
  const { readSigningKey, signatureText } = await import('../bootstrap/components/sign.ts');
  const { parseManifest } = await import('../bootstrap/components/open-manifest.ts');
  const { keyIdOf } = await import('../bootstrap/components/trust.ts');
  const at = outOf(host.files, typed.files, options.manifestFile);
  const bytes = await at.files.read(at.path);
  if (bytes === null) {
    throw new AgentError('E_MANIFEST_MISSING', `${at.shown} is not there`, { next: 'conjurer manifest create --help' });
  }
  const manifest = parseManifest(at.shown, bytes);
  const key = await readSigningKey(typed.files, resolve(options.keyFile), uid);
  await at.files.write(`${at.path}.sig`, signatureText(bytes, key), 0o644);
  return summary(manifest, bytes, at.shown, keyIdOf(createPublicKey(key)));
}

/** `conjurer manifest verify`: the signature and the form of the manifest, as `run` will see them; not what it describes. */
export async function verifyImageManifest(
  { host, typed, uid }: Base,
  { keyFile }: { readonly keyFile: string | null },
): Promise<ManifestSummary> {
  const { openManifest } = await import('../bootstrap/components/open-manifest.ts');
  const given = keyFile === null ? [] : [await publicKeyText(typed.files, keyFile)];
  const opened = await openManifest({ files: host.files, builtInKeys: [...builtInKeys, ...given], uid }, null);
  if (opened === null) throw new AgentError('E_MANIFEST_MISSING', `${manifestPath} is not there`);
  const bytes = (await host.files.read(manifestPath)) ?? Buffer.alloc(0);
  return summary(opened.manifest, bytes, manifestPath, opened.key.id);
}

async function publicKeyText(files: Files, typedPath: string): Promise<string> {
  const text = await files.readText(resolve(typedPath));
  if (text !== null) return text;
  throw new AgentError('E_USAGE', `--public-key names a file that is not there: ${typedPath}`, {
    next: `ls -l ${typedPath}`,
  });
}

/** The place in the image's root directory, or a path that was typed. */
function outOf(inRoot: Files, typed: Files, file: string | null): { files: Files; path: string; shown: string } {
  if (file === null) return { files: inRoot, path: manifestPath, shown: manifestPath };
  const path = resolve(file);
  return { files: typed, path, shown: path };
}

function plainYaml(path: string, bytes: Uint8Array): unknown {
  try {
    return parseYaml(path, bytes).value;
  } catch (error) {
    if (!(error instanceof AgentError)) throw error;
    const { seen = 'what is not YAML', wanted = 'YAML 1.2' } = error;
    throw new AgentError('E_SPEC_INVALID', error.message, { seen, wanted });
  }
}

function summary(manifest: Manifest, bytes: Uint8Array, path: string, keyId: string | null): ManifestSummary {
  const { image, version, buildId, builtAt, components } = manifest;
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path, image, version, buildId, builtAt, components: components.length, sha256, keyId };
}
