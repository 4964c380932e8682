import type { Readable } from 'node:stream';
import { z } from 'zod';
import type { Answer } from './answer.ts';
import type { AimedFault } from './faults/spec.ts';
import type { Parts } from './parts.ts';
import type { Peer } from './peer.ts';
import { type ProblemCode, Refusal } from './problems.ts';
import type { NodeRecord } from './records.ts';

/** Who may make a call. */
export type Access = 'none' | 'bootstrap' | 'bootstrap or node' | 'node' | 'operator' | 'admin';

/** A request as a call sees it, after its certificate, path and body were checked. */
export interface Call<Body, Query> {
  readonly parts: Parts;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  /** The bytes of the body as they came, decompressed. */
  readonly bytes: Buffer;
  readonly stream: Readable | null;
  readonly peer: Peer | null;
  /** Of a node's or operator's call. */
  readonly node: NodeRecord | null;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  readonly requestId: string;
  /** Those that strike this request. */
  readonly faults: readonly AimedFault[];
  header(name: string): string | null;
}

export interface AnswerShape {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** When it is not application/json. */
  readonly mediaType?: string;
}

/** One row of the table that both the server and the OpenAPI document are made from. */
export interface Route {
  /** The number in the protocol; null for what is the reference Controller's own. */
  readonly number: number | null;
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With `{name}` for a parameter. */
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  readonly params: Readonly<Record<string, z.ZodType<string>>>;
  readonly headers: readonly RequestHeader[];
  readonly query: z.ZodType | null;
  readonly body: z.ZodType | 'bundle' | null;
  readonly answers: Readonly<Record<number, AnswerShape>>;
  readonly problems: readonly ProblemCode[];
  /** Node states in which the call is not refused; absent: from activation on. */
  readonly nodeStates: readonly NodeRecord['state'][] | null;
  /** Parses query and body, then answers. */
  handle(raw: Call<unknown, unknown>): Answer | Promise<Answer>;
}

export interface RequestHeader {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
}

interface RouteDefinition<Body extends z.ZodType, Query extends z.ZodType>
  extends Pick<Route, 'id' | 'method' | 'path' | 'access' | 'summary' | 'answers'> {
  readonly number?: number;
  readonly params?: Route['params'];
  readonly headers?: Route['headers'];
  readonly nodeStates?: readonly NodeRecord['state'][];
  readonly problems?: readonly ProblemCode[];
  readonly query?: Query;
  readonly body?: Body | 'bundle';
  readonly handle: (call: Call<z.output<Body>, z.output<Query>>) => Answer | Promise<Answer>;
}

export function defineRoute<Body extends z.ZodType = z.ZodUndefined, Query extends z.ZodType = z.ZodUndefined>(
  definition: RouteDefinition<Body, Query>,
): Route {
  const { query = null, body = null } = definition;
  return {
    number: null,
    params: {},
    headers: [],
    problems: [],
    nodeStates: null,
    ...definition,
    query,
    body,
    handle: raw => {
      const parsedQuery = parse(query, raw.query, 'the query');
      const parsedBody = parse(body === 'bundle' ? null : body, raw.body, 'the body');
      return definition.handle({ ...raw, query: parsedQuery, body: parsedBody });
    },
  };
}

function parse<Schema extends z.ZodType>(schema: Schema | null, value: unknown, what: string): z.output<Schema> {
  const result = (schema ?? z.any()).safeParse(schema ? value : undefined);
  if (result.success) return result.data as z.output<Schema>;
  const issue = result.error.issues[0];
  const at = issue?.path.map(String).join('.') || what;
  throw new Refusal('malformed', `${at}: ${issue?.message ?? 'not as it should be'}`);
}
