// Compiles src to dist, copies the data files that lie beside the code, and prepares what start-up needs.
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
rmSync(`${root}dist`, { recursive: true, force: true });
execFileSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, "-p", `${root}.config/tsconfig.build.json`], {
  stdio: "inherit",
});
cpSync(`${root}src`, `${root}dist`, { recursive: true, filter: (path) => !path.endsWith(".ts") });
chmodSync(`${root}dist/cli.js`, 0o755);

const [{ loadPacks }, { preparedFile }] = await Promise.all(
  ["packs/load.js", "packs/prepared.js"].map((path) => import(`${root}dist/${path}`)),
);
writeFileSync(`${root}dist/packs/prepared.json`, preparedFile(loadPacks(), `${root}src/kql`));
