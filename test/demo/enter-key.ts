const CTRL_C = '\u0003';

/** What was typed before the question was there to be read is no answer to it. */
const READ_MS = 300;

/**
 * Calls `pressed` once when a person presses Enter, until the returned function is called. On a terminal keys are taken
 * without being shown, so that they do not disturb a live view; Ctrl-C then comes as a key, and is made a signal again.
 */
export function onEnter(stdin: typeof process.stdin, pressed: () => void): () => void {
  const raw = stdin.isTTY === true;
  const askedAt = Date.now();
  let taken = false;
  const look = (keys: string) => {
    if (keys.includes(CTRL_C)) process.kill(process.pid, 'SIGINT');
    if (taken || Date.now() - askedAt < READ_MS || !/[\r\n]/.test(keys)) return;
    taken = true;
    pressed();
  };
  if (raw) stdin.setRawMode(true);
  stdin.setEncoding('utf8').on('data', look).resume();
  return () => {
    stdin.off('data', look).pause();
    if (raw) stdin.setRawMode(false);
  };
}
