import { distance } from 'fastest-levenshtein';

/** Of the known names the one that was most likely meant, or null if none is near. */
export function nearest(seen: string, known: Iterable<string>): string | null {
  let best: { name: string; steps: number } | null = null;
  for (const name of known) {
    const steps = distance(plain(seen), plain(name));
    if (best === null || steps < best.steps) best = { name, steps };
  }
  if (best === null) return null;
  return best.steps <= Math.max(2, Math.floor(plain(best.name).length / 3)) ? best.name : null;
}

/** Case and the ways to join words do not count: edge_name, edge-name and edgeName are the same word. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[-_. ]/g, '');
}
