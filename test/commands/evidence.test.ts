import { generateKeyPairSync } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Assessment } from "../../src/core/assessment.ts";
import { sha256 } from "../../src/evidence/digest.ts";
import type { Check } from "../../src/evidence/verify.ts";
import { ztlens } from "../support/ztlens.ts";

const folder = mkdtempSync(join(tmpdir(), "ztlens-evidence-cli-"));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function verify(
  ...options: readonly string[]
): Promise<{ code: number | null; statuses: Record<string, string> }> {
  const { code, out } = await ztlens(["evidence", "verify", at("bundle"), "--json", ...options]);
  return { code, statuses: Object.fromEntries((JSON.parse(out) as Check[]).map(({ name, status }) => [name, status])) };
}

describe("evidence from the command line", () => {
  beforeAll(async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    writeFileSync(at("private.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
    writeFileSync(at("public.pem"), publicKey.export({ type: "spki", format: "pem" }));
    expect((await ztlens(["simulate", at("logs"), "--users", "20", "--days", "3"])).code).toBe(0);
    const { code, err } = await ztlens([
      "replay",
      at("logs"),
      "--evidence",
      at("bundle"),
      "--sign-with",
      at("private.pem"),
      "--allow-partial",
      "-o",
      "csv",
    ]);
    expect(code, err).toBe(0);
  }, 180_000);

  test("is verified with its key, and by assessing its inputs again from another place", async () => {
    renameSync(at("logs"), at("moved"));
    const { code, statuses } = await verify("--key", at("public.pem"), "--data", at("moved"));
    expect(statuses).toEqual({
      signature: "pass",
      files: "pass",
      digests: "pass",
      rows: "pass",
      counts: "pass",
      time: "pass",
      chain: "not_checked",
      rerun: "pass",
    });
    expect(code).toBe(0);
  }, 180_000);

  test("is shown in the auditors' formats, which cite its manifest", async () => {
    const digest = sha256(readFileSync(join(at("bundle"), "manifest.json")));
    for (const format of ["oscal", "ocsf", "sarif"]) {
      const { code, out } = await ztlens(["evidence", "show", at("bundle"), "-o", format]);
      expect([code, out.includes(digest)]).toEqual([0, true]);
    }
    const { queries } = JSON.parse(readFileSync(join(at("bundle"), "assessment.json"), "utf8")) as Assessment;
    expect(new Set(queries?.map(({ kind }) => kind))).toEqual(new Set(["offenders", "signal"]));
    for (const { queryDigest } of queries ?? [])
      expect(existsSync(join(at("bundle"), "queries", `${queryDigest}.kql`))).toBe(true);
    expect((await ztlens(["evidence", "show", folder])).code).toBe(2);
  });

  test("without key and inputs it says what was not checked", async () => {
    const { code, statuses } = await verify();
    expect(code).toBe(0);
    expect(statuses).toMatchObject({ signature: "not_checked", rerun: "not_checked", digests: "pass" });
  });

  test("other inputs and a changed bundle fail", async () => {
    const [input] = readdirSync(at("moved"), { recursive: true, encoding: "utf8" }).filter((name) =>
      /\.\w+$/.test(name),
    );
    appendFileSync(join(at("moved"), input ?? ""), "\n");
    expect(await verify("--data", at("moved"))).toMatchObject({ code: 1, statuses: { rerun: "fail" } });
    appendFileSync(join(at("bundle"), "assessment.json"), " ");
    expect(await verify("--key", at("public.pem"))).toMatchObject({
      code: 1,
      statuses: { digests: "fail", signature: "pass" },
    });
  }, 180_000);

  test("a key that is none is the user's mistake", async () => {
    expect((await ztlens(["evidence", "verify", at("bundle"), "--key", at("nowhere")])).code).toBe(2);
    expect((await ztlens(["evidence", "verify", at("bundle"), "--key", at("bundle/manifest.json")])).code).toBe(2);
  });
});
