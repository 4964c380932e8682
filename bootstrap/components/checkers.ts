import { checkBinary } from './binary.ts';
import { checkConfig } from './config.ts';
import { checkContainerdImage } from './containerd-image.ts';
import type { Checker } from './finding.ts';
import type { Component } from './manifest.ts';
import { checkManifestBundle } from './manifest-bundle.ts';
import { checkOciArchive } from './oci-archive.ts';
import { checkPackage } from './package.ts';
import { checkSystemdUnit } from './systemd-unit.ts';

export type Checkers = { readonly [K in Component['kind']]: Checker<Extract<Component, { kind: K }>> };

/** Exactly one checker a kind: a missing one does not compile. */
export const checkers: Checkers = {
  binary: checkBinary,
  'oci-archive': checkOciArchive,
  'containerd-image': checkContainerdImage,
  'systemd-unit': checkSystemdUnit,
  config: checkConfig,
  'manifest-bundle': checkManifestBundle,
  package: checkPackage,
};
