import valid from 'semver/functions/valid.js';

export interface ImageName {
  /** The full name, without `.ova`. */
  readonly name: string;
  /** MAJOR.MINOR.PATCH. */
  readonly version: string;
}

/**
 * `clusterimage-r-v1.2.3`, with or without a vendor's prefix, and the older `clusterimage-r1.2.3`; a trailing `.ova`
 * is the name of the file, not of the image. null for any other name.
 */
export function parseImageName(text: string): ImageName | null {
  const name = withoutSuffix(text);
  const version = /^(?:[A-Za-z0-9][A-Za-z0-9._-]*-)?clusterimage-r(?:-v)?(\d[\d.]*)$/.exec(name)?.[1];
  return version !== undefined && valid(version) === version ? { name, version } : null;
}

export function withoutSuffix(name: string): string {
  return name.replace(/\.ova$/, '');
}
