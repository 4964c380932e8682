import type { Check } from './check.ts';

/** Every check that bootstrap knows, in the order of check-table.ts. Those of the way to the Controller are the agent's. */
export const checkList: readonly Check[] = [];
