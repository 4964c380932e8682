import * as z from 'zod';

/** Of a machine in its cluster. Apart from the wire messages, since every command reads the configuration, which holds one. */
export const EdgeName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'an edge name: [A-Za-z0-9][A-Za-z0-9._-]{0,62}');
