import { cryptoRandom, spreadMs } from '../controller/delay.ts';
import type { EnrolmentParts } from './enrolment.ts';

const SPREAD = 0.2;

/**
 * Call 6 every `seconds` ± 20 % while a stage waits, so that the Controller sees a node that is alive. It ends with the
 * signal. Its failures are not the run's: the stage that needs the Controller fails by its own calls.
 */
export async function keepReporting(
  enrolment: EnrolmentParts,
  nodeId: string,
  seconds: number,
  signal: AbortSignal,
): Promise<void> {
  const { host, lineage } = enrolment;
  try {
    for (;;) {
      await host.clock.sleep(spreadMs(seconds, SPREAD, cryptoRandom), signal);
      const answer = await lineage.report(nodeId, signal);
      enrolment.orders.note(answer);
    }
  } catch {
    // Aborted, or refused for good: the run's own calls will say which.
  }
}
