import { API_VERSION, Meta } from '../../../agent/controller/protocol.ts';
import { json } from '../answer.ts';
import { rfc3339 } from '../clock.ts';
import { Refusal } from '../problems.ts';
import { defineRoute } from '../route.ts';

export const meta = defineRoute({
  number: 0,
  id: 'meta',
  method: 'GET',
  path: '/meta',
  access: 'bootstrap or node',
  summary: 'What this Controller is and takes',
  nodeStates: ['approved'],
  answers: { 200: { description: 'of the cluster of the certificate', schema: Meta } },
  handle: ({ parts, peer, node }) => {
    const clusterId = node?.clusterId ?? peer?.subject ?? '';
    const cluster = parts.records.clusters.get(clusterId);
    if (!cluster) throw new Refusal('cluster_unknown', `cluster ${clusterId} is not known here`);
    const answer: Meta = {
      controllerVersion: parts.settings.controllerVersion,
      apiVersions: [API_VERSION],
      minImage: cluster.minImage,
      blockedImages: cluster.blockedImages,
      clusterId,
      longPollMaxSeconds: parts.settings.longPollMaxSeconds,
      autoApprove: cluster.autoApprove,
      time: rfc3339(parts.clock.now()),
    };
    return json(200, answer);
  },
});
