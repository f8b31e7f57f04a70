import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../support/modules.ts";
import { ztlens } from "../support/ztlens.ts";

const cache = mkdtempSync(join(tmpdir(), "ztlens-cache-"));
const env = { XDG_CACHE_HOME: cache, ZTLENS_CACHE: "" };
const folder = join(cache, "ztlens");
const blob = (): string => join(folder, readdirSync(folder)[0] ?? "");
const query = ["query", "-o", "csv", "print x = 1, y = strcat('a', 'b') | where x > 0"];

// A start-up snapshot needs process.execve, which Windows does not have.
describe.skipIf(process.platform === "win32")("start-up snapshot", () => {
  beforeAll(() => {
    execFileSync(process.execPath, [join(root, "src/commands/support/snapshot.ts")], {
      env: { ...process.env, ...env },
    });
  });
  afterAll(() => rmSync(cache, { recursive: true, force: true }));

  test("is one file that only its user can write", () => {
    expect(readdirSync(folder)).toHaveLength(1);
    expect([statSync(folder).mode & 0o777, statSync(blob()).mode & 0o777]).toEqual([0o700, 0o600]);
  });

  test("gives the same answer, sooner", async () => {
    const started = performance.now();
    const warm = await ztlens(query, "", env);
    const middle = performance.now();
    const cold = await ztlens(query, "");
    expect(warm).toEqual(cold);
    expect(warm.out).toBe("x,y\r\n1,ab\r\n");
    expect(middle - started).toBeLessThan(performance.now() - middle);
  });

  test("keeps errors and exit codes", async () => {
    expect(await ztlens(["query", "print x ="], "", env)).toEqual(await ztlens(["query", "print x ="], ""));
  });

  test("is not run when others can write it", async () => {
    writeFileSync(blob(), "no snapshot at all");
    chmodSync(blob(), 0o666);
    const { out, code } = await ztlens(query, "", env);
    expect([code, out]).toEqual([0, "x,y\r\n1,ab\r\n"]);
  });
});
