import * as z from 'zod';

/** Else code is made for each schema of an object at its first use: longer than it saves where one is used once. */
z.config({ jitless: true });
