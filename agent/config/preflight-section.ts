import * as z from 'zod';
import { checkTable } from '../../bootstrap/preflight/check-table.ts';
import { unwaivable } from '../../bootstrap/preflight/waivers.ts';

const checkIds = Object.keys(checkTable).filter(id => !unwaivable.includes(id));
const text = z.string().trim().min(1).max(256);
const count = z.int().positive();

const Waived = z.strictObject({
  id: z.enum(checkIds, `the id of a check, as conjurer preflight prints it; ${unwaivable.join(', ')} cannot be waived`),
  reason: text,
  author: text,
  expires: z.union(
    [z.iso.date(), z.iso.datetime({ offset: true })],
    'a date such as 2027-01-31, to the end of which it holds, or a time such as 2027-01-31T08:00:00Z',
  ),
});

const Requirements = z.strictObject({
  cpu: count.optional().describe('Processors. Absent: those that the image asks for, else 2.'),
  memoryMiB: count.optional().describe('Memory in MiB. Absent: what the image asks for, else 1700.'),
  diskGiB: count
    .optional()
    .describe('Size of the disk that holds /, in GiB. Absent: what the image asks for, else 20.'),
  rootFreeGiB: count.optional().describe('Free space where images and logs are kept, in GiB. Absent: 5.'),
  kernel: z
    .string()
    .regex(/^\d+\.\d+(\.\d+)?$/, 'a version in quotes, such as "4.15"')
    .optional()
    .describe('The oldest kernel that will do. Absent: what the image asks for, else 4.15.'),
  rawVolumeGiB: count
    .optional()
    .describe('An empty disk of this size in GiB for the storage of applications. Absent: none is needed.'),
  nameServerPort: z
    .boolean()
    .optional()
    .describe('true: port 53 must be free, for a name server of the cluster on this machine. Absent: false.'),
});

/** The section `preflight`: docs/preflight.md lists the checks. */
export const PreflightSection = z.strictObject({
  waive: z
    .array(Waived, 'a list of { id, reason, author, expires }')
    .default([])
    .describe('Checks that may fail, each with who answers for it, why, and until when.'),
  requirements: Requirements.prefault({}).describe("What this machine must have, over what the image's manifest says."),
});
