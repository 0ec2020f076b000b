import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { buildSync } from 'esbuild';
import { buildApp } from '../../lib/app.ts';
import { BUILDING, DUCKDB_PACKAGES } from '../../lib/functions/bundle.ts';
import { loadAssembly } from '../../local/assembly/assembly.ts';
import packageFile from '../../package.json' with { type: 'json' };
import { KEPT_ADDRESSES, KEPT_ENDING, KEPT_RELEASES, type KeptRelease } from '../support/kept-release.ts';
import { configure } from '../support/night-assembly.ts';
import { releaseSettings } from '../support/release-nights.ts';

/*
 * Keeps the release that the working tree is (`npm run release:keep`), instead of the one that was kept before: the next release is
 * tested against what this one has left in a ledger. One file; its size is printed, since it stays in the repository's history.
 */

const home = mkdtempSync(join(tmpdir(), 'cxone-export-release-'));
const outdir = join(home, 'cdk.out');
const options = releaseSettings(KEPT_ADDRESSES.receiverUrl);
buildApp(configure(home, KEPT_ADDRESSES, options), { outdir, bundling: false, validation: false }).synth();
const kept: KeptRelease = {
  version: packageFile.version,
  assembly: textsIn(outdir, (name) => /^manifest\.json$|\.(template|assets)\.json$/.test(name)),
  code: codeOf(loadAssembly(outdir).functions.flatMap(({ entry }) => entry ?? [])),
};
const packed = brotliCompressSync(JSON.stringify(kept), {
  params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 },
});
for (const name of readdirSync(KEPT_RELEASES))
  if (name.endsWith(KEPT_ENDING)) rmSync(join(KEPT_RELEASES, name));
writeFileSync(join(KEPT_RELEASES, `${kept.version}${KEPT_ENDING}`), packed);
rmSync(home, { recursive: true, force: true });
console.log(`test/releases/${kept.version}${KEPT_ENDING}: ${packed.length} bytes`);

/** One module a handler; what several of them use is there once. */
function codeOf(entryPoints: string[]): KeptRelease['code'] {
  const { outputFiles } = buildSync({
    ...BUILDING,
    entryPoints,
    external: DUCKDB_PACKAGES,
    outdir: 'code',
    outExtension: { '.js': '.mjs' },
    splitting: true,
    write: false,
  });
  return Object.fromEntries(
    outputFiles.map(({ path, text }) => [path.slice(path.lastIndexOf('/') + 1), text]),
  );
}

function textsIn(folder: string, wanted: (name: string) => boolean): Record<string, string> {
  const names = readdirSync(folder).filter(wanted);
  return Object.fromEntries(
    names.map((name) => [name, JSON.stringify(JSON.parse(readFileSync(join(folder, name), 'utf8')))]),
  );
}
