// Compiles src to dist and copies the data files that lie beside the code.
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "-p", `${root}.config/tsconfig.build.json`], {
  stdio: "inherit",
});
cpSync(`${root}src`, `${root}dist`, { recursive: true, filter: (path) => !path.endsWith(".ts") });
chmodSync(`${root}dist/cli.js`, 0o755);
