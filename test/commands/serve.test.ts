import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../support/modules.ts";
import { ztlens } from "../support/ztlens.ts";

describe("serve", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "ztlens-serve-"));
    const row = { TimeGenerated: "2026-06-30T12:00:00Z", Type: "SigninLogs", UserPrincipalName: "a@contoso.com" };
    writeFileSync(join(folder, "SigninLogs.json"), `${JSON.stringify(row)}\n`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("answers from exported logs, logs requests without control characters, and ends with 0", async () => {
    const child = spawn(process.execPath, [join(root, "src/cli.ts"), "serve", "-d", folder, "--port", "0"]);
    let log = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
    const [line] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
    const url = /http:\/\/\S+/.exec(line)?.[0];
    const reply = await fetch(`${url}/v1/workspaces/x/query`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: "SigninLogs | project UserPrincipalName, now()" }),
    });
    expect(((await reply.json()) as { tables: { rows: unknown }[] }).tables[0]?.rows).toEqual([
      ["a@contoso.com", "2026-06-30T12:00:00Z"],
    ]);
    await fetch(`${url}/%1b%5b31m\u202e`);
    child.kill("SIGTERM");
    const [code] = (await once(child, "exit")) as [number];
    expect(code).toBe(0);
    expect(log).toContain("POST /v1/workspaces/x/query 200");
    for (const hostile of ["\u001b", "\u202e"]) expect(log).not.toContain(hostile);
  });

  test("does not open exported logs to others without a token and TLS", async () => {
    const { code, err } = await ztlens(["serve", "-d", folder, "--host", "0.0.0.0"]);
    expect(code).toBe(2);
    expect(err).toContain("--token-file");
  });
});
