import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ztlens } from "../support/ztlens.ts";

const folder = mkdtempSync(join(tmpdir(), "ztlens-pseudonyms-"));
const [key, logs] = [join(folder, "key"), join(folder, "SigninLogs.json")];
beforeAll(() => {
  writeFileSync(key, "6f1d2c3b4a59687706152433425160ff\n");
  const row = {
    TimeGenerated: "2026-06-30T10:00:00Z",
    UserPrincipalName: "Alba@contoso.com",
    IPAddress: "203.0.113.9",
  };
  writeFileSync(logs, `${JSON.stringify(row)}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const KQL = "SigninLogs | project TimeGenerated, UserPrincipalName, IPAddress, Said = strcat('by ', UserPrincipalName)";

test("query writes tokens, and the key reads them again", async () => {
  const { code, out } = await ztlens(["query", "-d", logs, "--pseudonymise", key, "-o", "csv", KQL]);
  expect(code).toBe(0);
  expect(out).toMatch(
    /^TimeGenerated.*\r\n2026-06-30T10:00:00.0000000Z,user-[a-z2-7]+,ip-[a-z2-7]+,by user-[a-z2-7]+\r\n$/,
  );
  const batch = await ztlens(
    ["query", "-d", logs, "--pseudonymise", key, "--batch"],
    `${JSON.stringify({ id: 1, query: KQL })}\n`,
  );
  expect(batch.out).not.toContain("contoso");
  const shared = join(folder, "shared.csv");
  writeFileSync(shared, out);
  const revealed = await ztlens(["reveal", "--key", key, shared]);
  expect(revealed.out).toContain("alba@contoso.com,203.0.113.9,by alba@contoso.com");
  expect(revealed.err).toContain("3 tokens revealed");
});

test("a key that is too short is refused", async () => {
  writeFileSync(join(folder, "short"), "abc");
  const { code, err } = await ztlens(["query", "-d", logs, "--pseudonymise", join(folder, "short"), KQL]);
  expect(code).toBe(2);
  expect(err).toContain("16 bytes");
});
