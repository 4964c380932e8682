import type { StageName } from '../../bootstrap/stage.ts';

const names: Readonly<Record<StageName, true>> = {
  facts: true,
  register: true,
  activate: true,
  configure: true,
  handoff: true,
};

/** The stages in their order, for flags and completion, which must not load the stages themselves. */
export const stageNames = Object.keys(names) as readonly StageName[];
