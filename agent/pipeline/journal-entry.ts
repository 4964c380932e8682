import * as z from 'zod';
import { changeSchema } from './change-schema.ts';

const owedSchema = z.object({
  stage: z.string(),
  /** The change as it was last applied. */
  change: changeSchema,
  /** Brings back what was there before conjurer. */
  undo: z.array(changeSchema),
  applied: z.boolean(),
  /** The stage has held since this change was first made. */
  held: z.boolean(),
  /** Brings back what was there when the stage last held; null when nothing was changed since. */
  sinceHeld: z.object({ undo: z.array(changeSchema), sequence: z.int() }).nullable(),
});

/** One change that the host bears and that can be asked back. */
export type Owed = Readonly<z.infer<typeof owedSchema>>;

const entrySchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('applying'), stage: z.string(), change: changeSchema, undo: z.array(changeSchema) }),
  z.object({ event: z.literal('applied'), stage: z.string(), changeId: z.string() }),
  z.object({ event: z.literal('held'), stage: z.string() }),
  z.object({
    event: z.literal('undone'),
    stage: z.string(),
    changeId: z.string(),
    to: z.enum(['start', 'held']),
  }),
  /** All that is known of one change, as the shortened file holds it. */
  z.object({ event: z.literal('owes'), owed: owedSchema }),
]);

export type JournalEntry = z.infer<typeof entrySchema>;

/** A line of the file. */
export const timedSchema = z.intersection(z.object({ v: z.literal(1), at: z.string() }), entrySchema);
export type Timed = z.infer<typeof timedSchema>;

/** What is owed after this entry. */
export function foldEntry(owed: readonly Owed[], entry: JournalEntry): readonly Owed[] {
  switch (entry.event) {
    case 'owes':
      return [...owed, entry.owed];
    case 'applying':
      return foldApplying(owed, entry);
    case 'applied':
      return owed.map(one => (isThat(one, entry) ? { ...one, applied: true } : one));
    case 'held':
      return owed.map(one =>
        one.stage === entry.stage ? { ...one, applied: true, held: true, sinceHeld: null } : one,
      );
    case 'undone':
      return owed.flatMap(one => {
        if (!isThat(one, entry)) return [one];
        return entry.to === 'held' && one.held ? [{ ...one, applied: true, sinceHeld: null }] : [];
      });
  }
}

/** The first undo wins, that to the start and that to when the stage held: a later one may have seen a half-made host. */
function foldApplying(
  owed: readonly Owed[],
  { stage, change, undo }: Extract<JournalEntry, { event: 'applying' }>,
): readonly Owed[] {
  const sequence = 1 + owed.reduce((highest, one) => Math.max(highest, one.sinceHeld?.sequence ?? 0), 0);
  const sinceHeld = { undo, sequence };
  if (!owed.some(one => isThat(one, { stage, changeId: change.id }))) {
    return [...owed, { stage, change, undo, applied: false, held: false, sinceHeld }];
  }
  return owed.map(one =>
    isThat(one, { stage, changeId: change.id })
      ? { ...one, change, applied: false, sinceHeld: one.sinceHeld ?? sinceHeld }
      : one,
  );
}

function isThat(one: Owed, { stage, changeId }: { readonly stage: string; readonly changeId: string }): boolean {
  return one.stage === stage && one.change.id === changeId;
}
