// The first code that runs in the executable. The bundle is in pieces, cut where the agent imports lazily, so that a
// command pays for what it uses; each piece is a function expression with its own code cache, and lies there packed if
// few commands use it (../sea-blob.ts). A cache that does not fit, or is not there, costs time only.
const { getRawAsset, getAssetKeys } = require('node:sea');
const { Script } = require('node:vm');

const assets = new Set(getAssetKeys());
const loaded = new Map();
load('./entry.js');

/** `require` as the pieces see it: the other pieces by their path, else Node's own modules. */
function load(name) {
  if (!name.startsWith('./')) return require(name);
  let module = loaded.get(name);
  if (module === undefined) {
    module = { exports: {} };
    loaded.set(name, module);
    const source = bytesOf(name).toString('utf8');
    const cachedData = bytesOf(`${name}.cache`);
    new Script(source, { filename: `conjurer/${name.slice(2)}`, cachedData }).runInThisContext()(
      module.exports,
      load,
      module,
    );
  }
  return module.exports;
}

/** undefined: there is no such asset. */
function bytesOf(name) {
  if (assets.has(name)) return Buffer.from(getRawAsset(name));
  if (!assets.has(`${name}.zst`)) return undefined;
  return require('node:zlib').zstdDecompressSync(Buffer.from(getRawAsset(`${name}.zst`)));
}
