import { defineConfig } from "vitest/config";

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 240_000,
    hookTimeout: 240_000,
    maxWorkers: 2,
    env: { TZ: "UTC", NO_COLOR: "1", ZTLENS_CACHE: "off" },
    reporters: ["default", new URL("./closing-line.ts", import.meta.url).pathname],
  },
});
