import { paths } from '../../../config/paths.ts';
import { filterConjurerConfig } from '../../redaction/filters/host.ts';
import { type Collector, document, documentsIn, log, logsIn, made } from '../collector.ts';
import { factsText, preflightText, settingsText, statusText, validationText } from '../made/reports.ts';
import { lastAnswersText, stateText } from '../made/state.ts';

/** conjurer's own state, its journal and log, what it last heard, and what its checks say now. */
export const conjurerCollectors: readonly Collector[] = [
  {
    id: 'preflight',
    group: 'conjurer',
    to: 'conjurer/preflight.json',
    source: made('conjurer preflight --json', preflightText),
    limitMs: 30_000,
  },
  {
    id: 'validate',
    group: 'conjurer',
    to: 'conjurer/validate.json',
    source: made('conjurer validate --quick --json', validationText),
    limitMs: 30_000,
  },
  {
    id: 'facts',
    group: 'conjurer',
    to: 'conjurer/facts.json',
    source: made('conjurer facts --json', factsText),
    limitMs: 20_000,
  },
  { id: 'status', group: 'conjurer', to: 'conjurer/status.json', source: made(paths.status, statusText) },
  { id: 'settings', group: 'conjurer', to: 'conjurer/settings.json', source: made(paths.config, settingsText) },
  {
    id: 'config',
    group: 'conjurer',
    to: 'conjurer/conjurer.yaml',
    source: document(paths.config),
    filter: filterConjurerConfig,
  },
  {
    id: 'config-parts',
    group: 'conjurer',
    to: 'conjurer/conjurer.yaml.d',
    source: documentsIn(paths.configDropIns, /^[^./][^/]*\.ya?ml$/),
    filter: filterConjurerConfig,
  },
  {
    id: 'state',
    group: 'conjurer',
    to: 'conjurer/state.json',
    source: made(paths.stateDir, stateText),
    // Forty small questions to a disk that the checks above ask too, and no bundle is much worth without the answers.
    limitMs: 30_000,
  },
  {
    id: 'last-answers',
    group: 'conjurer',
    to: 'conjurer/last-answers.json',
    source: made(`${paths.registration}, ${paths.configs}`, lastAnswersText),
  },
  { id: 'journal', group: 'conjurer', to: 'conjurer/journal.jsonl', source: log(paths.journal) },
  {
    id: 'recordings',
    group: 'conjurer',
    to: 'conjurer/flight-recorder',
    source: documentsIn(`${paths.stateDir}/flight-recorder`, /^[a-z-]+\.json$/),
  },
  { id: 'log', group: 'conjurer', to: 'conjurer/conjurer.log', source: log(paths.log), limitBytes: 4 * 1024 * 1024 },
  {
    id: 'older-logs',
    group: 'conjurer',
    to: 'conjurer/older-logs',
    source: logsIn('/var/log/conjurer', /^conjurer\.log\.\d+$/),
  },
];
