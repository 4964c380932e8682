import { readFileSync } from 'node:fs';
import { openDownload } from '../../agent/controller/download.ts';
import { defaultPatience } from '../../agent/controller/patience.ts';
import type { ComponentFileChange } from '../../bootstrap/change.ts';
import { componentFileKind } from '../../bootstrap/changes/component-file.ts';
import { localHost } from '../../bootstrap/host/local-host.ts';

/** What update-process.ts is given, as JSON in the file that its argument names. */
export interface UpdateJob {
  readonly root: string;
  readonly change: ComponentFileChange;
  readonly ca: string;
}

/** Makes one update, as a process of its own that a test can kill. */
const [, , jobFile = ''] = process.argv;
const { root, change, ca } = JSON.parse(readFileSync(jobFile, 'utf8')) as UpdateJob;
const host = localHost({ root });
const options = { cas: [ca], identity: null, proxy: null, patience: defaultPatience, clock: host.clock };
const kind = componentFileKind((url, offset, signal) => openDownload(url, offset, options, signal));
await kind.apply(change, host, new AbortController().signal);
