import { DatabaseSync } from 'node:sqlite';
import type { z } from 'zod';

/** Records of one kind: JSON documents under an id, kept in the order of their first writing. */
export interface Collection<T> {
  get(id: string): T | null;
  put(id: string, record: T): void;
  delete(id: string): void;
  /** All, or those whose fields have these values, oldest first. */
  list(where?: Partial<Record<Extract<keyof T, string>, string>>): T[];
}

export interface Store {
  collection<T>(name: string, schema: z.ZodType<T>, indexed?: readonly Extract<keyof T, string>[]): Collection<T>;
  /** Runs `work` so that all of its writes are on disk when this returns, or none. May be nested. */
  transaction<T>(work: () => T): T;
  close(): void;
}

/** One SQLite file. FULL: an answer is sent only after its commit has reached the disk, so kill -9 loses none. */
export function openStore(file: string): Store {
  const database = new DatabaseSync(file);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000');
  let depth = 0;
  return {
    collection: (name, schema, indexed = []) => openCollection(database, name, schema, indexed),
    transaction: work => {
      if (depth > 0) return work();
      database.exec('BEGIN IMMEDIATE');
      depth++;
      try {
        const result = work();
        database.exec('COMMIT');
        return result;
      } catch (error) {
        database.exec('ROLLBACK');
        throw error;
      } finally {
        depth--;
      }
    },
    close: () => database.close(),
  };
}

function openCollection<T>(
  database: DatabaseSync,
  name: string,
  schema: z.ZodType<T>,
  indexed: readonly string[],
): Collection<T> {
  database.exec(`CREATE TABLE IF NOT EXISTS ${name} (number INTEGER PRIMARY KEY, id TEXT UNIQUE, data TEXT NOT NULL)`);
  for (const field of indexed) {
    database.exec(`CREATE INDEX IF NOT EXISTS ${name}_${field} ON ${name} (${extract(field)})`);
  }
  const read = (row: unknown): T => schema.parse(JSON.parse(dataOf(row)));
  const get = database.prepare(`SELECT data FROM ${name} WHERE id = ?`);
  const put = database.prepare(
    `INSERT INTO ${name} (id, data) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET data = excluded.data`,
  );
  const remove = database.prepare(`DELETE FROM ${name} WHERE id = ?`);
  return {
    get: id => {
      const row = get.get(id);
      return row ? read(row) : null;
    },
    put: (id, record) => void put.run(id, JSON.stringify(record)),
    delete: id => void remove.run(id),
    list: where => {
      const conditions = Object.entries<string | undefined>(where ?? {}).filter(entry => entry[1] !== undefined);
      const clause = conditions.map(([field]) => `${extract(field)} = ?`).join(' AND ') || 'TRUE';
      const values = conditions.map(([, value]) => value ?? null);
      return database
        .prepare(`SELECT data FROM ${name} WHERE ${clause} ORDER BY number`)
        .all(...values)
        .map(read);
    },
  };
}

function extract(field: string): string {
  return `json_extract(data, '$.${field}')`;
}

function dataOf(row: unknown): string {
  if (typeof row === 'object' && row !== null && 'data' in row && typeof row.data === 'string') return row.data;
  throw new Error('a row without data');
}
