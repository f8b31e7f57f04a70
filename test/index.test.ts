import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { root } from "./support/modules.ts";

const run = promisify(execFile);

test("the built package is what package.json says", () => {
  const { bin, exports: entries } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const path of [bin.ztlens, entries["."].types, entries["."].default])
    expect(existsSync(join(root, path)), path).toBe(true);
});

test("a program uses it by its name", async () => {
  const program = `
    import { EmbeddedBackend, parseIsoDatetime } from "ztlens";
    const backend = await EmbeddedBackend.open({ paths: [] });
    const { rows } = await backend.query("print now()", { now: parseIsoDatetime("2026-01-02") });
    console.log(JSON.stringify(rows));
    await backend.close();`;
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", program], { cwd: root });
  expect(stdout.trim()).toBe('[["2026-01-02T00:00:00.0000000Z"]]');
});
