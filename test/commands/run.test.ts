import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import type { Assessment } from "../../src/core/assessment.ts";
import { streamOf } from "../../src/publish/ingestion.ts";
import { RESULT_TABLES } from "../../src/tables/results.ts";
import { WORKSPACE } from "../backends/logs/support.ts";
import { ingestionServer, RULE } from "../publish/ingestion-server.ts";
import { certificate } from "../servers/https.ts";
import { type PlainServer, serveManagedIdentity, servePlain } from "../servers/identity.ts";
import { answerFrom, type LogsServer, serveLogs } from "../servers/logs.ts";
import { root } from "../support/modules.ts";
import { type Run, ztlens } from "../support/ztlens.ts";

/*
 * The command line against an HTTPS server that holds a simulated tenant; the token comes from a managed identity.
 */
const folder = mkdtempSync(join(tmpdir(), "ztlens-run-"));
const packs = ["--queries", join(folder, "packs")];
const AS_OF = "2026-06-30T18:00:00Z";
let engine: EmbeddedBackend;
let server: LogsServer;
let host: PlainServer;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  const tenant = join(folder, "tenant");
  for (const name of ["identities/entra-sign-ins", "identities/ID-01", "identities/ID-03", "network/NW-01"]) {
    cpSync(join(root, "queries", `${name}.yaml`), join(folder, "packs", `${name}.yaml`), { recursive: true });
  }
  const simulated = await ztlens(["simulate", tenant, "--users", "12", "--days", "8", "--seed", "7"]);
  expect(simulated.code, simulated.err).toBe(0);
  engine = await EmbeddedBackend.open({ paths: [tenant] });
  server = await serveLogs({ answer: answerFrom(engine) });
  host = await serveManagedIdentity();
  const { cert } = await certificate();
  writeFileSync(join(folder, "ca.pem"), cert);
  env = {
    NODE_EXTRA_CA_CERTS: join(folder, "ca.pem"),
    IDENTITY_ENDPOINT: `${host.url}/msi/token`,
    IDENTITY_HEADER: "hdr",
  };
});
afterAll(async () => {
  await Promise.all([server?.close(), host?.close(), engine?.close()]);
  rmSync(folder, { recursive: true, force: true });
});

const live = (command: string, ...args: string[]): Promise<Run> =>
  ztlens([command, "-w", WORKSPACE, "--endpoint", server.url, "--auth", "managed-identity", ...args], "", env);

describe("run", () => {
  test("gives what replay gives of the same logs, with its slices and without a secret in its log", async () => {
    const evidence = join(folder, "bundle");
    const [run, replay] = await Promise.all([
      live("run", "--as-of", AS_OF, ...packs, "-o", "json", "--evidence", evidence, "--allow-partial"),
      ztlens(["replay", join(folder, "tenant"), "--as-of", AS_OF, ...packs, "-o", "json", "--allow-partial"]),
    ]);
    expect([run.code, replay.code], run.err).toEqual([0, 0]);
    const [ours, theirs] = [JSON.parse(run.out) as Assessment, JSON.parse(replay.out) as Assessment];
    expect(ours.pillars).toEqual(theirs.pillars);
    expect(ours.anomalies).toEqual(theirs.anomalies);
    const signIns = ours.inputs.find(({ file }) => file.endsWith("entra-sign-ins"));
    expect(signIns?.read).toBeGreaterThan(100);
    const kept = JSON.parse(readFileSync(join(evidence, "assessment.json"), "utf8")) as Assessment;
    const slices = kept.inputs.find(({ file }) => file.endsWith("entra-sign-ins"))?.slices ?? [];
    expect(slices.reduce((sum, { rows }) => sum + rows, 0)).toBe(signIns?.read);
    const lines = run.err.split("\n").filter((line) => line.startsWith("{"));
    const logged = lines.map((line) => JSON.parse(line) as { run: string; message: string });
    expect(new Set(logged.map(({ run: id }) => id)).size).toBe(1);
    expect(logged.map(({ message }) => message)).toEqual(expect.arrayContaining(["started", "asked", "finished"]));
    expect(run.err).not.toContain("Bearer");
    expect(run.err).not.toMatch(/"token"/);
  }, 600_000);

  test("draws and tells what replay does of the same logs", async () => {
    const told = (name: string): string[] => ["--report", join(folder, `${name}.html`), "--events", join(folder, name)];
    const common = ["--as-of", AS_OF, ...packs, "-o", "jsonl", "--allow-partial"];
    const [run, replay] = await Promise.all([
      live("run", ...common, ...told("live"), "--scope", "default"),
      ztlens(["replay", join(folder, "tenant"), ...common, ...told("offline")]),
    ]);
    expect([run.code, replay.code], run.err).toEqual([0, 0]);
    const [ours, theirs] = [run, replay].map(({ out }) => JSON.parse(out.split("\n")[0] ?? "") as Assessment);
    expect(ours?.insights?.places.length).toBeGreaterThan(0);
    expect(ours?.insights).toEqual(theirs?.insights);
    expect(readFileSync(join(folder, "live"), "utf8")).toBe(readFileSync(join(folder, "offline"), "utf8"));
    const drawn = /<path[^>]*>|<circle[^>]*>/g;
    const [live_, offline] = ["live", "offline"].map((name) => readFileSync(join(folder, `${name}.html`), "utf8"));
    expect(live_?.match(drawn)?.length).toBe(offline?.match(drawn)?.length);
  }, 600_000);

  test("--publish sends the result, and keeps it where nobody takes it", async () => {
    const service = await ingestionServer(RESULT_TABLES.map(({ name }) => streamOf(name)));
    const publish = [
      "--publish",
      service.endpoint,
      "--rule",
      RULE,
      "--state",
      join(folder, "published"),
      "--scope",
      "hq",
    ];
    const args = [...packs, ...publish, "-o", "json", "--allow-partial"];
    try {
      service.granted = false;
      const kept = await live("run", ...args, "--as-of", "2026-06-30T17:00:00Z");
      expect(kept.code, kept.err).toBe(4);
      service.granted = true;
      const sent = await live("run", ...args, "--as-of", AS_OF);
      expect(sent.code, sent.err).toBe(0);
      const { pillars } = JSON.parse(sent.out) as Assessment;
      expect(service.rows.get("Custom-ZtRun_CL")?.map(({ Scope, WindowEnd }) => [Scope, WindowEnd])).toEqual([
        ["hq", "2026-06-30T17:00:00.0000000Z"],
        ["hq", "2026-06-30T18:00:00.0000000Z"],
      ]);
      const stages = service.rows.get("Custom-ZtSignal_CL")?.slice(-6);
      expect(stages?.map(({ Pillar, Stage }) => [Pillar, Stage])).toEqual(
        pillars.map(({ pillar, stage }) => [pillar, stage]),
      );
      const without = await live("run", "--publish", service.endpoint);
      expect([without.code, without.err]).toEqual([2, expect.stringContaining("--publish needs --rule and --state")]);
    } finally {
      await service.close();
    }
  });

  test("--dry-run prints every query and asks nothing", async () => {
    const before = server.asked.length;
    const { code, out } = await live("run", "--as-of", AS_OF, "--last", "7d", "--dry-run");
    expect([code, server.asked.length - before]).toEqual([0, 0]);
    expect(out).toContain("// ID-01 (criterion) 2026-06-23T18:00:00.0000000Z/2026-06-30T18:00:00.0000000Z");
    expect(out).toContain("// entra-sign-ins (signal)");
    expect(out).not.toMatch(/\bnow\(\)/);
  });

  test.each([
    ["exits 4 without a permission", ["run", "-w", WORKSPACE], { IDENTITY_HEADER: "hdr" }, 4],
    ["exits 2 without a workspace", ["run"], {}, 2],
    ["exits 2 with two places to ask", ["run", "-w", WORKSPACE, "--cluster", "https://x.kusto.windows.net"], {}, 2],
    ["exits 2 for a token to an unknown host", ["run", "--cluster", "https://x.example", "--database", "d"], {}, 2],
    ["exits 2 without a token for the cloud", ["run", "-w", WORKSPACE, "--auth", "none"], {}, 2],
  ])("%s", async (_, args, extra, expected) => {
    const denied = expected === 4 ? await serveLogs({ answer: answerFrom(engine), tokens: new Set() }) : undefined;
    const address = denied ? ["--endpoint", denied.url, "--auth", "managed-identity"] : [];
    const { code, err } = await ztlens([...args, ...address], "", { ...env, ...extra });
    expect(code, err).toBe(expected);
    await denied?.close();
  });

  test("exits 4 where no token can be had", async () => {
    const { code, err } = await ztlens(["run", "-w", WORKSPACE, "--endpoint", server.url, "--auth", "cli"], "", {
      NODE_EXTRA_CA_CERTS: env.NODE_EXTRA_CA_CERTS,
      PATH: "/nowhere",
    });
    expect(code, err).toBe(4);
    expect(err).toContain("No token could be had");
  });
});

describe("doctor", () => {
  const jwt = (claims: object): string => `h.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.s`;

  test("tells who asks, what is there, what is not, and who would fill it", async () => {
    const token = jwt({ upn: "soc@contoso.com\u001b[31m", tid: "t-1" });
    const usage = { DataType: "AuditLogs", Quantity: 1.5, TimeGenerated: "2026-06-30T00:00:00Z" };
    const part = await EmbeddedBackend.open({ paths: [] });
    await part.addRows("SigninLogs", [{ TimeGenerated: new Date(Date.now() - 3_600_000).toISOString(), Id: "1" }]);
    await part.addRows("Usage", [usage]);
    const other = await serveLogs({ answer: answerFrom(part), tokens: new Set([token]) });
    const identity = await servePlain(() => ({ access_token: token, expires_on: "2051222400", token_type: "Bearer" }));
    const variables = { ...env, IDENTITY_ENDPOINT: `${identity.url}/msi/token` };
    const args = ["doctor", "-w", WORKSPACE, "--endpoint", other.url, "--auth", "managed-identity"];
    try {
      const [board, json] = [await ztlens(args, "", variables), await ztlens([...args, "-o", "json"], "", variables)];
      expect([board.code, json.code], board.err).toEqual([3, 3]);
      const {
        identity: who,
        tables,
        blocked,
      } = JSON.parse(json.out) as {
        identity: object;
        tables: { table: string; health: string; connectors: string[]; usedBy: string[] }[];
        blocked: { id: string }[];
      };
      expect(who).toMatchObject({ kind: "user", tenant: "t-1" });
      const table = (name: string) => tables.find((entry) => entry.table === name);
      expect(table("SigninLogs")).toMatchObject({ health: "fresh", rows: 1, days: 0 });
      expect(table("AuditLogs")).toMatchObject({ health: "unreadable" });
      expect(table("DeviceInfo")).toMatchObject({ health: "empty" });
      expect(table("SigninLogs")?.connectors).toContain("AzureActiveDirectory");
      expect(table("SigninLogs")?.usedBy).toEqual(expect.arrayContaining(["ID-01", "entra-sign-ins"]));
      expect(blocked.map(({ id }) => id)).not.toContain("ID-01");
      expect(board.out).toContain("AuditLogs: Usage shows that it was filled");
      expect(board.out).not.toContain("\u001b");
      expect(board.out + board.err + json.out).not.toContain(token);
    } finally {
      await Promise.all([other.close(), identity.close(), part.close()]);
    }
  });
});

describe("query", () => {
  test("asks the workspace", async () => {
    const { code, out } = await live("query", "-o", "json", "SigninLogs | summarize Rows = count()");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(await engine.query("SigninLogs | summarize Rows = count()"));
  });

  test("takes a token for the cloud that is named", async () => {
    const before = host.seen.length;
    expect((await live("query", "--cloud", "usgov", "print 1")).code).toBe(0);
    expect(
      host.seen
        .slice(before)
        .map(({ path }) => path)
        .join(),
    ).toContain("resource=https%3A%2F%2Fapi.loganalytics.us");
  });

  test("names the place of a mistake", async () => {
    const { code, err } = await live("query", "SigninLogs\n| where Wrong == 1");
    expect(code).toBe(2);
    expect(err).toContain("2:9");
  });
});
