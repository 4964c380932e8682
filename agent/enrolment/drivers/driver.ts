import type { Change } from '../../../bootstrap/change.ts';
import type { ProvedCluster } from '../../../bootstrap/stage.ts';
import type { ConfigDocument, HandoffRequest } from '../../controller/protocol.ts';
import type { EnrolmentParts } from '../enrolment.ts';

export type HandoffSection = NonNullable<ConfigDocument['handoff']>;
export type Evidence = HandoffRequest['evidence'][number];

export interface HandoffTask {
  readonly nodeId: string;
  readonly document: ConfigDocument;
  readonly section: HandoffSection;
  readonly cluster: ProvedCluster;
}

/** One way of starting the management operator. */
export interface HandoffDriver {
  /** The changes that come before the hand-off itself. */
  plan(enrolment: EnrolmentParts, task: HandoffTask): Promise<Change[]>;
  /** What the Controller is told of them once they hold. */
  evidence(enrolment: EnrolmentParts, task: Omit<HandoffTask, 'nodeId' | 'cluster'>): Promise<Evidence[]>;
  /** What a person types who waits for the operator. */
  lookAt(section: HandoffSection): string;
}
