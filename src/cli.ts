#!/usr/bin/env node
// A named import of what an old Node.js lacks would fail before the version can be checked.
import nodeModule from "node:module";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 12)) {
  process.stderr.write(`ztlens needs Node.js 22.12 or newer; this is ${process.versions.node}.\n`);
  process.exit(2);
}
nodeModule.enableCompileCache();
const { buildSnapshotForNextStart, startAgain } = await import("./commands/support/startup.ts");
startAgain(process.argv);
const { main } = await import("./commands/support/main.ts");
process.exitCode = await main(process.argv);
buildSnapshotForNextStart(process.argv);
