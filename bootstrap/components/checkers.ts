import type { Checker } from './finding.ts';
import type { Component } from './manifest.ts';

export type Checkers = { readonly [K in Component['kind']]: () => Promise<Checker<Extract<Component, { kind: K }>>> };

/**
 * Exactly one checker a kind: a missing one does not compile. Each is loaded when the manifest names its kind: files of
 * one are being read while another is loaded.
 */
export const checkers: Checkers = {
  binary: async () => (await import('./binary.ts')).checkBinary,
  'oci-archive': async () => (await import('./oci-archive.ts')).checkOciArchive,
  'containerd-image': async () => (await import('./containerd-image.ts')).checkContainerdImage,
  'systemd-unit': async () => (await import('./systemd-unit.ts')).checkSystemdUnit,
  config: async () => (await import('./config.ts')).checkConfig,
  'manifest-bundle': async () => (await import('./manifest-bundle.ts')).checkManifestBundle,
  package: async () => (await import('./package.ts')).checkPackage,
};
