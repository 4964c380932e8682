/** The documented command line of the vendor, flag → ours. */
const vendorFlags: Readonly<Record<string, string>> = {
  'edge-name': '--edge-name',
  'passphrase-file': '--passphrase-file',
  'creds-file': '--creds-file',
};

/**
 * `-edge-name="x" -passphrase-file=F -creds-file F [-t]` → the arguments of `run`, or with `-t` of `preflight`.
 * A value comes after `=` or as the next argument; quotes that a template put literally around it are taken off.
 * Arguments without one of these flags come back unchanged.
 */
export function fromVendorLine(argv: readonly string[]): readonly string[] {
  if (!argv.some(isVendorFlag)) return argv;
  const ours: string[] = [];
  let testOnly = false;
  for (let at = 0; at < argv.length; at += 1) {
    const argument = argv[at] as string;
    const flag = vendorFlag(argument);
    if (argument === '-t') testOnly = true;
    else if (flag === null) ours.push(argument);
    else if (flag.value !== null) ours.push(`${flag.name}=${withoutQuotes(flag.value)}`);
    else {
      const next = argv[at + 1];
      const hasValue = next !== undefined && !isVendorFlag(next);
      ours.push(hasValue ? `${flag.name}=${withoutQuotes(next)}` : flag.name);
      if (hasValue) at += 1;
    }
  }
  const namesCommand = !(argv[0] as string).startsWith('-');
  return namesCommand ? ours : [testOnly ? 'preflight' : 'run', ...ours];
}

function isVendorFlag(argument: string): boolean {
  return vendorFlag(argument) !== null;
}

/** Only with a single dash: with two it is ours already. */
function vendorFlag(argument: string): { name: string; value: string | null } | null {
  const match = /^-([a-z][a-z-]+)(?:=([\s\S]*))?$/.exec(argument);
  const name = match?.[1] === undefined ? undefined : vendorFlags[match[1]];
  return name === undefined ? null : { name, value: match?.[2] ?? null };
}

function withoutQuotes(value: string): string {
  const quoted = /^(["'“”‘’])([\s\S]*)(["'“”‘’])$/.exec(value);
  return quoted?.[2] ?? value;
}
