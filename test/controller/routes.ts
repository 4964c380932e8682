import { BASE_PATH } from '../../agent/controller/protocol.ts';
import { clusterRoutes } from './admin/clusters.ts';
import { labRoutes } from './admin/lab.ts';
import { nodeRoutes } from './admin/nodes.ts';
import { registrationRoutes } from './admin/registrations.ts';
import { activate } from './calls/activate.ts';
import { bundle } from './calls/bundle.ts';
import { certificate } from './calls/certificate.ts';
import { config } from './calls/config.ts';
import { decommission } from './calls/decommission.ts';
import { events } from './calls/events.ts';
import { facts } from './calls/facts.ts';
import { handoff } from './calls/handoff.ts';
import { heartbeat } from './calls/heartbeat.ts';
import { meta } from './calls/meta.ts';
import { poll } from './calls/poll.ts';
import { register } from './calls/register.ts';
import { operatorCertificate, renewCertificate } from './calls/renewal.ts';
import { time } from './calls/time.ts';
import type { Route } from './route.ts';

/** The calls of the protocol, in its order. */
const agentRoutes: readonly Route[] = [
  meta,
  register,
  poll,
  certificate,
  activate,
  config,
  events,
  facts,
  handoff,
  renewCertificate,
  decommission,
  time,
  bundle,
  operatorCertificate,
  heartbeat,
];

/** Both the server and its OpenAPI document are made from this table. */
export const apiRoutes: readonly Route[] = [
  ...agentRoutes,
  ...clusterRoutes,
  ...registrationRoutes,
  ...nodeRoutes,
  ...labRoutes,
].map(route => ({ ...route, path: `${BASE_PATH}${route.path}` }));
