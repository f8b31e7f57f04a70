import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { render } from "../../src/outputs/jsonl.ts";
import { streamOf } from "../../src/publish/ingestion.ts";
import { RESULT_TABLES } from "../../src/tables/results.ts";
import { contoso } from "../outputs/fixtures.ts";
import { ingestionServer, RULE } from "../publish/ingestion-server.ts";
import { serveWebhook } from "../publish/webhook-server.ts";
import { certificate } from "../servers/https.ts";
import { serveManagedIdentity } from "../servers/identity.ts";
import { jsonLines, ztlens } from "../support/ztlens.ts";

const folder = mkdtempSync(join(tmpdir(), "ztlens-publish-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const result = join(folder, "result.jsonl");
writeFileSync(result, render(contoso));
const stages = contoso.pillars.map(({ pillar, stage }) => ({ Pillar: pillar, Stage: stage }));

describe("publish", () => {
  test("writes a folder that ztlens queries", async () => {
    const out = join(folder, "results");
    expect(await ztlens(["publish", result, "--out", out])).toEqual({ code: 0, out: "", err: "" });
    const query = "ZtSignal_CL | project Pillar, Stage";
    const { code, out: rows } = await ztlens(["query", "-d", out, "-o", "jsonl", query]);
    expect(code).toBe(0);
    expect(jsonLines<object>(rows).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))).toEqual(
      stages.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    );
  });

  test("reads a result from a pipe and prints what it would send", async () => {
    const { code, out } = await ztlens(
      ["publish", "-", "--dry-run", "--scope", "hq", "--run-time", "2026-11-21"],
      render(contoso),
    );
    expect(code).toBe(0);
    const rows = jsonLines<{ Type: string; Scope: string; RunTime: string }>(out);
    expect(new Set(rows.map(({ Scope, RunTime }) => `${Scope} ${RunTime}`))).toEqual(
      new Set(["hq 2026-11-21T00:00:00.0000000Z"]),
    );
    expect(rows.at(-1)?.Type).toBe("ZtRun_CL");
  });

  test("says what a result is when it gets something else", async () => {
    const other = join(folder, "other.json");
    writeFileSync(other, JSON.stringify({ asOf: "2026-01-01", pillars: [] }, null, 2));
    const { code, err } = await ztlens(["publish", other, "--dry-run"]);
    expect(code).toBe(2);
    expect(err).toContain("give the folder of an evidence bundle or the output of replay -o jsonl");
    expect((await ztlens(["publish", result])).code).toBe(2);
  });

  test("sends to the service, keeps what it does not take, and sends it the next time", async () => {
    const [service, identity] = await Promise.all([
      ingestionServer(RESULT_TABLES.map(({ name }) => streamOf(name))),
      serveManagedIdentity(),
    ]);
    const certificate = join(folder, "certificate.pem");
    writeFileSync(certificate, service.certificate);
    const env = {
      NODE_EXTRA_CA_CERTS: certificate,
      IDENTITY_ENDPOINT: `${identity.url}/msi/token`,
      IDENTITY_HEADER: "hdr",
    };
    const args = [
      "publish",
      result,
      "--endpoint",
      service.endpoint,
      "--rule",
      RULE,
      "--state",
      join(folder, "state"),
      "--auth",
      "managed-identity",
    ];
    try {
      service.granted = false;
      const refused = await ztlens([...args, "--run-time", "2026-11-21"], "", env);
      expect(refused).toMatchObject({ code: 4, out: "" });
      expect(refused.err).toContain("Monitoring Metrics Publisher");
      service.granted = true;
      const { code, err } = await ztlens([...args, "--run-time", "2026-11-22"], "", env);
      expect({ code, err }).toMatchObject({ code: 0, err: expect.stringMatching(/^Published 2 runs: \d+ rows/) });
      expect(service.rows.get("Custom-ZtRun_CL")).toHaveLength(2);
      expect(new Set(service.rows.get("Custom-ZtRun_CL")?.map(({ ResultId }) => ResultId)).size).toBe(1);
    } finally {
      await Promise.all([identity.close(), service.close()]);
    }
  });

  test("tells a webhook the changes that the logs record, each once", async () => {
    const logs = join(folder, "AuditLogs.json");
    const revoked = {
      TimeGenerated: "2026-11-20T10:00:00Z",
      Id: "a1",
      OperationName: "Disable account",
      Result: "success",
      InitiatedBy: { user: { userPrincipalName: "admin@contoso.com" } },
      TargetResources: [{ type: "User", userPrincipalName: "ann@contoso.com" }],
    };
    writeFileSync(logs, `${JSON.stringify(revoked)}\n`);
    const [file, found] = [join(folder, "events.jsonl"), join(folder, "found.jsonl")];
    const replayed = await ztlens(["replay", logs, "--events", file, "-o", "jsonl", "--allow-partial"]);
    expect(replayed.code, replayed.err).toBe(0);
    writeFileSync(found, replayed.out);
    const [event] = jsonLines<{ jti: string; events: object }>(readFileSync(file, "utf8"));
    expect(Object.keys(event?.events ?? {})).toEqual([
      "https://schemas.openid.net/secevent/caep/event-type/session-revoked",
    ]);
    const service = await serveWebhook("secret");
    const args = ["publish", found, "--webhook", `${service.url}/hook?code=hidden`, "--state", join(folder, "told")];
    const env = { NODE_EXTRA_CA_CERTS: join(folder, "webhook.pem"), ZTLENS_WEBHOOK_TOKEN: "secret" };
    writeFileSync(env.NODE_EXTRA_CA_CERTS, (await certificate()).cert);
    try {
      const refused = await ztlens(args, "", { ...env, ZTLENS_WEBHOOK_TOKEN: "other" });
      expect(refused).toMatchObject({ code: 4, err: expect.stringContaining("1 event waits") });
      expect(refused.err).not.toContain("hidden");
      expect(await ztlens(args, "", env)).toMatchObject({ code: 0, err: "Told 1 change\n" });
      expect(await ztlens(args, "", env)).toMatchObject({ code: 0, err: "Told 0 changes\n" });
      expect(service.taken.map(({ jti }) => jti)).toEqual([event?.jti]);
      expect((await ztlens(["publish", found, "--webhook", "http://example.com", "--state", folder])).code).toBe(2);
      expect((await ztlens(["publish", found, "--webhook", service.url])).code).toBe(2);
    } finally {
      await service.close();
    }
  });

  test.each([
    ["http://zt.ingest.monitor.azure.com", RULE],
    ["https://zt.ingest.monitor.azure.com", "zt-rule"],
  ])("refuses %s with the rule %s", async (endpoint, rule) => {
    const { code, err } = await ztlens(["publish", result, "--endpoint", endpoint, "--rule", rule, "--state", folder]);
    expect(code).toBe(2);
    expect(err).toMatch(/is no (https address|immutable id)/);
  });
});
