import { existsSync } from 'node:fs';

/** Debian's and Ubuntu's own; playwright-core brings none. */
export const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(path => existsSync(path)) ?? null;
