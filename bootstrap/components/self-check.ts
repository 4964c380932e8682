import { checkers } from './checkers.ts';
import { checkClosed } from './closed.ts';
import { type CheckContext, type Checker, type Finding, isFailure } from './finding.ts';
import type { Component, Manifest } from './manifest.ts';
import { specInvalid } from './spec-invalid.ts';

/** Throws E_SPEC_INVALID for the first thing that every machine made from this tree would fail for. */
export async function requireSelfConsistent(
  manifest: Manifest,
  around: Pick<CheckContext, 'host' | 'hash' | 'progress' | 'signal'>,
): Promise<void> {
  const context: CheckContext = { ...around, manifest, depth: 'deep', known: () => null };
  // What containerd holds is imported when the image boots: it is no part of the tree.
  const inTree = manifest.components.filter(({ kind }) => kind !== 'containerd-image');
  const findings = await Promise.all([
    ...inTree.map(async component => ((await checkers[component.kind]()) as Checker<Component>)(component, context)),
    ...manifest.closed.map(closed => checkClosed(closed, context)),
  ]);
  context.signal.throwIfAborted();
  const first: Finding | undefined = findings.flat().find(isFailure);
  if (first === undefined) return;
  throw specInvalid(
    `${first.component}: ${first.problem}`,
    first.observed ?? first.status,
    first.expected ?? 'as declared',
  );
}
