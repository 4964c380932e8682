import type { Change } from '../../../bootstrap/change.ts';
import type { ConfigDocument } from '../../controller/protocol.ts';
import type { EnrolmentParts } from '../enrolment.ts';

export type HandoffSection = NonNullable<ConfigDocument['handoff']>;

/** One way of starting the management operator. Its changes come before the hand-off itself, its evidence goes with it. */
export interface HandoffDriver {
  plan(enrolment: EnrolmentParts, nodeId: string, document: ConfigDocument, section: HandoffSection): Promise<Change[]>;
}
