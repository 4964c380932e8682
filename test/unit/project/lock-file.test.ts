import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from './biome.ts';

interface Package {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}
type Packages = Readonly<Record<string, Package>>;

/**
 * `npm ci` refuses a lock file that leaves out an optional package of another system, and `npm install` does leave it out
 * where the registry does not have it.
 */
test('the lock file holds every package that another one asks for, those of other systems too', () => {
  expect(missing(readPackages())).toEqual([]);
});

test('a package that is left out is found', () => {
  const { 'node_modules/@biomejs/cli-win32-x64': _, ...others } = readPackages();
  expect(missing(others)).toEqual(['@biomejs/cli-win32-x64, which node_modules/@biomejs/biome asks for']);
});

test('the lock file names no host', () => {
  expect(readFileSync(join(repository, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved"/);
});

function readPackages(): Packages {
  return (JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as { packages: Packages }).packages;
}

function missing(packages: Packages): string[] {
  return Object.entries(packages).flatMap(([place, { dependencies = {}, optionalDependencies = {} }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter(name => !candidates(place, name).some(candidate => packages[candidate]?.version !== undefined))
      .map(name => `${name}, which ${place === '' ? 'package.json' : place} asks for`),
  );
}

/** Where Node would look for it, from the inside out. */
function candidates(place: string, name: string): string[] {
  const levels = place.split('/node_modules/').map((_, index, all) => all.slice(0, index + 1).join('/node_modules/'));
  return [`node_modules/${name}`, ...levels.map(level => `${level}/node_modules/${name}`)];
}
