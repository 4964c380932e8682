import { createStyle, type Style, wantsColor } from '../../agent/cli/style.ts';

/** Where the demo tells its story. Every line of it can be read without colour. */
export interface Screen {
  readonly style: Style;
  /** stdout and stderr are terminals wide enough for a live view. */
  readonly live: boolean;
  /** The step that was begun last: "3. The machine". */
  step(): string;
  heading(title: string): void;
  /** What a program says. */
  line(text?: string): void;
  /** What the demo itself says. */
  remark(text: string): void;
  /** A command as it could be typed. */
  command(text: string): void;
}

export function createScreen({ stdout, stderr, env }: typeof process): Screen {
  const style = createStyle(wantsColor(stdout.isTTY === true, [], env));
  const write = (text: string): void => void stdout.write(`${text}\n`);
  let steps = 0;
  let current = 'the start';
  return {
    style,
    live: stdout.isTTY === true && stderr.isTTY === true && stdout.columns >= 40,
    step: () => current,
    heading(title) {
      steps += 1;
      current = `${steps}. ${title}`;
      write(`\n${style.bold(`== ${current}`)}`);
    },
    line: (text = '') => write(text),
    remark: text => write(`# ${text}`),
    command: text => write(style.bold(`$ ${text}`)),
  };
}

/** 4 s, 0.3 s. */
export function seconds(ms: number): string {
  return ms < 1000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`;
}
