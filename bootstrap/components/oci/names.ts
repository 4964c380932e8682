import type { Platform } from './image-documents.ts';

/** "linux/arm/v7". */
export function platformText({ os, architecture, variant }: Platform): string {
  return variant === undefined || variant === '' ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/** Whether it is the platform that is wanted; a variant counts where both name one. */
export function isPlatform(platform: Platform, wanted: string): boolean {
  const [os, architecture, variant] = wanted.split('/');
  if (platform.os !== os || platform.architecture !== architecture) return false;
  return variant === undefined || !platform.variant || platform.variant === variant;
}

/** docker leaves out what is usual: "busybox" is "docker.io/library/busybox:latest". */
export function sameImage(one: string, other: string): boolean {
  return fullName(one) === fullName(other);
}

function fullName(ref: string): string {
  const [first = '', ...rest] = ref.split('/');
  const hasHost = rest.length > 0 && /[.:]|^localhost$/.test(first);
  const path = hasHost ? ref : `docker.io/${rest.length === 0 ? 'library/' : ''}${ref}`;
  return /[:@][^/]*$/.test(path) ? path : `${path}:latest`;
}

/** A name without its tag and digest. */
export function repositoryOf(ref: string): string {
  return ref.replace(/@.*$/, '').replace(/:[^:/]*$/, '');
}
