import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const entry = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  build: {
    // One HTML file per page; shared code becomes a chunk of its own.
    rolldownOptions: { input: { todo: entry("./index.html") } },
    // `default-src 'self'` allows neither data: addresses nor inline scripts.
    assetsInlineLimit: 0,
    // What was bundled, with its licenses: they ask to be handed on, and the image's bill of
    // materials is made from it.
    license: { fileName: ".vite/license.json" },
    modulePreload: { polyfill: false },
    target: "es2022",
  },
  server: {
    proxy: { "/api": { target: process.env.TODO_API ?? "http://127.0.0.1:8000" } },
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node" },
});
