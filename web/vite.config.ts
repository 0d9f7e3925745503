import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

import { lightAtlas } from "./bundling/atlas.ts";

export default defineConfig({
  plugins: [svelte(), lightAtlas()],
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: true,
    // A strict policy lets no data: address stand for a file.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // Their licenses ask that they are told of wherever they go.
    license: { fileName: "licenses.md" },
  },
  server: {
    proxy: { "/api": process.env["CHAINTWIN_SERVER"] ?? "http://127.0.0.1:8750" },
  },
  test: { include: ["tests/**/*.test.ts"] },
});
