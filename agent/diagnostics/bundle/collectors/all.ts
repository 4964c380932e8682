import type { Collector } from '../collector.ts';
import { groups } from '../collector.ts';
import { conjurerCollectors } from './conjurer.ts';
import { connectionCollectors } from './connections.ts';
import { journalCollectors } from './journals.ts';
import { machineCollectors } from './machine.ts';
import { originCollectors } from './origin.ts';
import { unitCollectors } from './units.ts';
import { workloadCollectors } from './workloads.ts';

/** Everything that a bundle takes, the most telling groups first. */
export const collectors: readonly Collector[] = [
  ...conjurerCollectors,
  ...journalCollectors,
  ...unitCollectors,
  ...workloadCollectors,
  ...machineCollectors,
  ...connectionCollectors,
  ...originCollectors,
].toSorted((a, b) => groups.indexOf(a.group) - groups.indexOf(b.group));
