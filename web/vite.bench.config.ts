import { defineConfig } from "vite";

// The benchmark of frames is a page of its own that no distribution holds.
export default defineConfig({ root: "bench", base: "./", build: { target: "es2022", assetsInlineLimit: 0, emptyOutDir: true } });
