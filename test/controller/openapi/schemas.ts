import { z } from 'zod';
import {
  Activation,
  ActivationRequest,
  AgentEvent,
  CertificateRequest,
  CheckResult,
  ConfigPending,
  EventBatch,
  EventsAnswer,
  Handoff,
  HandoffRequest,
  Hardware,
  Image,
  IssuedCertificate,
  Meta,
  NodeCertificate,
  OperatorHeartbeat,
  PreflightReport,
  Problem,
  Registration,
  RegistrationRequest,
  Resources,
} from '../../../agent/controller/protocol.ts';
import { ClusterList, CreatedCluster } from '../admin/clusters.ts';
import { AuditLog, FaultList, RequestList, SettingsView } from '../admin/lab.ts';
import { BundleList, EventList, IssuedTicket, NodeList, NodeView } from '../admin/nodes.ts';
import { RegistrationList } from '../admin/registrations.ts';
import { ClusterOrder, ClusterSettings, CredentialsOrder, CredentialsPair } from '../clusters.ts';
import { ConfigInput } from '../configuration.ts';
import { Fault, FaultSpec } from '../faults/spec.ts';
import { Cluster, NodeRecord, RegistrationRecord, StoredEvent, Suspicion } from '../records.ts';

/** The schemas that have a name in the document; all others stand where they are used. */
const named = {
  Activation,
  ActivationRequest,
  AgentEvent,
  AuditLog,
  BundleList,
  CertificateRequest,
  CheckResult,
  Cluster,
  ClusterList,
  ClusterOrder,
  ClusterSettings,
  ConfigInput,
  ConfigPending,
  CreatedCluster,
  CredentialsOrder,
  CredentialsPair,
  EventBatch,
  EventList,
  EventsAnswer,
  Fault,
  FaultList,
  FaultSpec,
  Handoff,
  HandoffRequest,
  Hardware,
  Image,
  IssuedCertificate,
  IssuedTicket,
  Meta,
  NodeCertificate,
  NodeList,
  NodeRecord,
  NodeView,
  OperatorHeartbeat,
  PreflightReport,
  Problem,
  Registration,
  RegistrationList,
  RegistrationRecord,
  RegistrationRequest,
  RequestList,
  Resources,
  SettingsView,
  StoredEvent,
  Suspicion,
} satisfies Record<string, z.ZodType>;

const names = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries(named)) names.add(schema, { id });

type JsonSchema = Record<string, unknown>;

// Input: unknown fields are ignored, so the document must not forbid them.
const OPTIONS = { io: 'input', target: 'draft-2020-12', unrepresentable: 'any' } as const;

/** `components.schemas` of the document. */
export function componentSchemas(): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(names, { ...OPTIONS, uri: id => `#/components/schemas/${id}` });
  return Object.fromEntries(
    Object.entries(schemas)
      .filter(([id]) => id !== '__shared')
      .map(([id, schema]) => [id, bare(schema)]),
  );
}

/** A reference where the schema has a name, else the schema itself. */
export function schemaOf(schema: z.ZodType): JsonSchema {
  const id = names.get(schema)?.id;
  return id === undefined ? bare(z.toJSONSchema(schema, OPTIONS)) : { $ref: `#/components/schemas/${id}` };
}

/**
 * Without what only a document of its own has. A recursive schema is "any JSON" here (z.json() alone is one), since a
 * reference to definitions beside it would not lead anywhere inside the OpenAPI document.
 */
function bare(schema: object): JsonSchema {
  const entries = Object.entries(schema).filter(([key]) => key !== '$schema' && key !== '$id' && key !== '$defs');
  return Object.fromEntries(entries.map(([key, value]) => [key, simplify(value)]));
}

function simplify(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(simplify);
  if (typeof value !== 'object' || value === null) return value;
  if ('$ref' in value && String(value.$ref).includes('__s')) return {};
  return bare(value);
}
