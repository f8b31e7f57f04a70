import { afterEach, expect, test, vi } from "vitest";
import { createLog } from "../../src/commands/support/log.ts";
import { HOSTILE } from "../hostile/corpus.ts";
import { PLANTED } from "../hostile/secrets.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

/** What a log writes to stderr. */
function written(use: (log: ReturnType<typeof createLog>) => void): string {
  let text = "";
  vi.spyOn(process.stderr, "write").mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  vi.stubEnv("ZTLENS_LOG", "info");
  use(createLog("run"));
  return text;
}

test("a log line is one line of JSON with the run's id, whatever the values hold", () => {
  const text = written((log) => {
    for (const value of HOSTILE) log.warn({ value }, value);
  });
  const lines = text.trimEnd().split("\n");
  expect(lines).toHaveLength(HOSTILE.length);
  expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\u200b-\u200f]/u);
  expect(new Set(lines.map((line) => (JSON.parse(line) as { run: string }).run)).size).toBe(1);
});

test("no credential is logged", () => {
  const text = written((log) => {
    for (const [value] of PLANTED) log.error({ nested: { value } }, value);
  });
  for (const [, secret] of PLANTED) expect(text).not.toContain(secret);
});

test("below the level nothing is written", () => {
  expect(written((log) => log.debug("quiet"))).toBe("");
});
