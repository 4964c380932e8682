import type { ErrorCode } from '../../bootstrap/error-table.ts';
import type { StageName } from '../../bootstrap/stage.ts';

/** Who must act before a wait ends. */
export type Waiter = 'controller-admin' | 'technician' | 'time';

/** What happens in a run, as it happens. No event holds a secret. */
export type PipelineEvent =
  | { readonly type: 'run-started'; readonly command: string }
  | { readonly type: 'stage-started'; readonly stage: StageName; readonly mode: 'run' | 'prove' }
  /** `changes`: how many must hold, those that hold already among them. */
  | { readonly type: 'stage-planned'; readonly stage: StageName; readonly changes: number }
  | { readonly type: 'change-applied'; readonly stage: StageName; readonly changeId: string }
  | { readonly type: 'change-undone'; readonly stage: string; readonly changeId: string }
  /** `applied`: how many of the planned changes did not hold yet and were made. */
  | {
      readonly type: 'stage-verified';
      readonly stage: StageName;
      readonly mode: 'run' | 'prove';
      readonly applied: number;
    }
  | { readonly type: 'stage-failed'; readonly stage: StageName; readonly error: unknown; readonly reverted: boolean }
  | {
      readonly type: 'waiting';
      /** What for, in words: "approval of the registration". */
      readonly for: string;
      readonly who: Waiter;
      /** The refusal that made it wait; left out where nothing is wrong. */
      readonly code?: ErrorCode;
      readonly claimCode?: string;
      readonly keyFingerprint?: string;
      readonly since: Date;
      /** The next command to type or thing to do. */
      readonly next?: string;
    }
  | { readonly type: 'wait-ended' }
  /** What a person should know, and nothing waits for. */
  | { readonly type: 'remark'; readonly text: string }
  | { readonly type: 'retrying'; readonly call: string; readonly code: ErrorCode; readonly delayMs: number }
  /** `total` is null where it is not known. */
  | { readonly type: 'progress'; readonly what: string; readonly done: number; readonly total: number | null }
  /** Worth knowing, and no failure: what a stage could not prove. */
  | { readonly type: 'noted'; readonly stage: StageName; readonly text: string }
  | { readonly type: 'identity-known'; readonly identity: KnownIdentity }
  | { readonly type: 'run-ended'; readonly outcome: RunOutcome };

/** What is known of this machine's enrolment; what is left out has not changed. */
export interface KnownIdentity {
  readonly edgeName?: string;
  readonly nodeId?: string;
  readonly registrationId?: string;
  readonly claimCode?: string;
  readonly keyFingerprint?: string;
}

export type RunOutcome =
  | { readonly state: 'done'; readonly handedOff: boolean }
  | { readonly state: 'failed'; readonly error: unknown };

export type EventSink = (event: PipelineEvent) => void;

export interface EventBus {
  /** Calls every sink, in the order they came, before it returns. Never throws. */
  emit(event: PipelineEvent): void;
  /** Gives the function that ends the subscription. */
  subscribe(sink: EventSink): () => void;
}

/** A sink that throws disturbs neither the run nor the other sinks; its error goes to `onSinkError`. */
export function createEventBus(onSinkError: (error: unknown) => void = () => undefined): EventBus {
  const sinks = new Set<EventSink>();
  return {
    emit(event) {
      for (const sink of [...sinks]) {
        try {
          sink(event);
        } catch (error) {
          onSinkError(error);
        }
      }
    },
    subscribe(sink) {
      sinks.add(sink);
      return () => {
        sinks.delete(sink);
      };
    },
  };
}
