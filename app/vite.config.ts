import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

/** Writes NAME.gz beside what is worth it; the oracle sends that to browsers. And lists what the service worker keeps. */
function finish(): Plugin {
  let folder = 'dist';
  return {
    name: 'trellis-finish',
    configResolved(config) {
      folder = config.build.outDir;
    },
    closeBundle() {
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
        statSync(join(folder, name)).isFile(),
      );
      const kept = files.filter((name) => /\.(js|css|svg|wasm)$/.test(name) && name !== 'sw.js').sort();
      const worker = join(folder, 'sw.js');
      writeFileSync(worker, readFileSync(worker, 'utf8').replace('[/* files */]', JSON.stringify(kept.map((name) => `/${name}`))));
      for (const name of files.filter((name) => /\.(js|css|html|svg|wasm|webmanifest)$/.test(name))) {
        writeFileSync(join(folder, `${name}.gz`), gzipSync(readFileSync(join(folder, name)), { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  build: { target: 'es2022', outDir: 'dist', emptyOutDir: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  plugins: [finish()],
});
