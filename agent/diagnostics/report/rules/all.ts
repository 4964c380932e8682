import { enrolmentRules } from './enrolment.ts';
import { kubernetesRules } from './kubernetes.ts';
import { machineRules } from './machine.ts';
import { networkRules } from './network.ts';
import type { Rule } from './rule.ts';
import { runtimeRules } from './runtime.ts';
import { timeRules } from './time.ts';

/** Every rule. Where findings weigh the same, the order here is the order in the report. */
export const rules: readonly Rule[] = [
  ...enrolmentRules,
  ...timeRules,
  ...machineRules,
  ...networkRules,
  ...runtimeRules,
  ...kubernetesRules,
];
