import type { Status } from '../pipeline/status.ts';

/**
 * What a person reads above the login prompt of the machine's own screen; null where nothing is left to say. The
 * prompt's program (agetty) puts the addresses of the machine in place of \4 and \6.
 */
export function issueText(status: Status): string | null {
  if (status.state === 'handed-off' || status.state === 'never-run') return null;
  const lines = [
    `conjurer ${plain(status.version)}: ${plain(status.edgeName ?? 'no edge name yet')} (\\4 \\6)`,
    ...stateOf(status),
  ];
  return `${lines.join('\n  ')}\n\n`;
}

function stateOf(status: Status): string[] {
  const { waiting, lastError, stages } = status;
  const stage = stages.find(one => one.state === 'running' || one.state === 'failed') ?? stages.find(isPending);
  const at = stage === undefined ? '' : `${stage.name}: `;
  if (status.state === 'waiting') {
    return [
      `${at}waiting for ${plain(waiting?.what ?? 'approval')}`,
      ...named('claim code', status.claimCode),
      ...named('fingerprint', status.keyFingerprint),
      ...named('next:', waiting?.next ?? null),
    ];
  }
  if (status.state === 'failed' && lastError !== null) {
    return [`${at}${lastError.code}, ${plain(lastError.message)}`, `next: ${plain(lastError.next)}`];
  }
  if (status.state === 'interrupted') return [`${at}stopped`, 'next: conjurer run goes on from here'];
  return [`${at}at work`];
}

function isPending({ state }: { state: string }): boolean {
  return state === 'pending';
}

function named(name: string, value: string | null): string[] {
  return value === null ? [] : [`${name} ${plain(value)}`];
}

/** Only agetty's own escapes may be read as such, and no control character reaches the screen. */
function plain(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll(/\p{Cc}/gu, ' ');
}
