import react from "@vitejs/plugin-react";
import { loadEnv } from "vite";
import { defineConfig } from "vitest/config";

// Where `invoke deploy-backend` serves on a laptop; `npm run dev` passes /api on to it.
const { VITE_BACKEND: backend = "http://localhost:8000" } = loadEnv("", ".");

export default defineConfig({
  plugins: [react()],
  envPrefix: ["VITE_", "SOURCE_TAG"], // what the code may see: see src/version.ts
  server: { proxy: { "/api": backend } },
  preview: { proxy: { "/api": backend } },
  build: {
    assetsInlineLimit: 0, // a data: address would need an exception in the CSP
    rolldownOptions: {
      output: {
        // React changes seldom: in a file of its own it stays in every cache when the site changes.
        // The entry names the build, so it changes with every release; a lazily loaded page keeps
        // its own hashed name as long as it imports nothing from the entry: so what the entry and
        // a page share is in "page".
        codeSplitting: {
          groups: [
            { name: "react", test: /node_modules/ },
            { name: "page", test: /src\/(api\/|shell\/(Fact|Page|moment))/ },
          ],
        },
      },
    },
  },
  test: {
    environment: "jsdom",
    setupFiles: "src/test/setup.ts",
    restoreMocks: true,
    testTimeout: 30_000,
  },
});
