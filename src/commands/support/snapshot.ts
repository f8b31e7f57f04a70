import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { snapshotScript } from "../../kql/syntax/snapshot.ts";
import { blobPath, cacheFolder } from "./startup.ts";

/** The process that builds the start-up snapshot. It appears under its name only when it is whole. */
mkdirSync(cacheFolder(), { recursive: true, mode: 0o700 });
chmodSync(cacheFolder(), 0o700);
const work = mkdtempSync(join(cacheFolder(), "build-"));
try {
  const [script, blob] = [join(work, "parser.cjs"), join(work, "parser.blob")];
  writeFileSync(script, snapshotScript());
  const { status } = spawnSync(process.execPath, ["--snapshot-blob", blob, "--build-snapshot", script], {
    stdio: "ignore",
  });
  if (status === 0) {
    chmodSync(blob, 0o600);
    renameSync(blob, blobPath());
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
