import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadingLine } from "../../src/commands/support/progress.ts";
import type { InputReport } from "../../src/core/assessment.ts";
import { ztlens } from "../support/ztlens.ts";

const folder = mkdtempSync(join(tmpdir(), "ztlens-inputs-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const lines = (...records: readonly unknown[]): string =>
  records.map((one) => `${typeof one === "string" ? one : JSON.stringify(one)}\n`).join("");
const signIn = (minute: number, more: object = {}): object => ({
  TimeGenerated: `2026-01-01T00:0${minute}:00Z`,
  Type: "SigninLogs",
  UserPrincipalName: "ada@contoso.com",
  ResultType: "0",
  ...more,
});
const flows = {
  time: "2026-01-01T01:00:00Z",
  category: "NetworkSecurityGroupFlowEvent",
  resourceId: "/SUBSCRIPTIONS/S/RESOURCEGROUPS/R/PROVIDERS/MICROSOFT.NETWORK/NETWORKSECURITYGROUPS/N",
  properties: {
    Version: 2,
    flows: [
      {
        rule: "R",
        flows: [
          {
            mac: "0",
            flowTuples: [..."ab"].map((_, i) => `176722${i}000,10.0.0.1,10.0.0.2,1,2,T,I,A,B,,,,`).concat("cut"),
          },
        ],
      },
    ],
  },
};

beforeAll(() => {
  const files: Record<string, string | Buffer> = {
    "export/signins.ndjson": lines(signIn(1, { _ItemId: "i1", Mine: 1 }), signIn(2, { _ItemId: "i2" }), "no json"),
    "export/again.ndjson.gz": gzipSync(lines(signIn(1, { _ItemId: "i1" }), signIn(3, { _ItemId: "i3" }))),
    "export/PT1H.json": JSON.stringify({ records: [flows] }),
    "export/\u001b[31mred.txt": "hello",
    "clean/signins.ndjson": lines(signIn(1)),
  };
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
});

interface Answer {
  readonly inputs: readonly InputReport[];
  readonly missing: readonly { criterion: string; tables: readonly string[]; columns: readonly string[] }[];
}

describe("inputs", () => {
  test("says per file what was found: shape, table, records, rows, span, duplicates, columns, problems", async () => {
    const { code, out } = await ztlens(["inputs", join(folder, "export"), "-o", "json"]);
    const { inputs, missing } = JSON.parse(out) as Answer;
    const byName = Object.fromEntries(inputs.map((input) => [input.file.slice(folder.length + 8), input]));
    expect(byName["signins.ndjson"]).toMatchObject({
      ...{
        shape: "rows",
        table: "SigninLogs",
        read: 3,
        accepted: 1,
        quarantined: 1,
        skipped: 1,
        rows: 1,
        duplicates: 1,
      },
      ...{ oldest: "2026-01-01T00:02:00.0000000Z", newest: "2026-01-01T00:02:00.0000000Z", unknownColumns: ["Mine"] },
      problems: [{ position: 3, code: "bad-json" }],
    });
    expect(byName["again.ndjson.gz"]).toMatchObject({ read: 2, accepted: 2, rows: 2 });
    expect(byName["PT1H.json"]).toMatchObject({ table: "AzureNetworkAnalytics_CL", read: 1, accepted: 1, rows: 2 });
    expect(byName["PT1H.json"]?.reason).toContain("missing parts");
    expect(byName["\u001b[31mred.txt"]).toMatchObject({ table: null, read: 0 });
    expect(missing.find(({ tables }) => tables.length > 0)).toBeDefined();
    expect(missing.flatMap(({ columns }) => columns)).toContain("SigninLogs.AuthenticationRequirement");
    expect(code).toBe(3);
  });

  test("prints a table without control characters, and ends well where everything was understood", async () => {
    const bad = await ztlens(["inputs", join(folder, "export")]);
    expect(bad.out).toContain("duplicate record skipped");
    expect(bad.out).not.toContain("\u001b");
    const { code, out } = await ztlens(["inputs", join(folder, "clean")]);
    expect(out).toContain("CRITERIA WITHOUT SOME OF THEIR COLUMNS");
    expect(code).toBe(0);
  });

  test("a result at a limit is a partial input", async () => {
    const path = join(folder, "Heartbeat.csv");
    const heartbeats = Array.from({ length: 1_000 }, (_, i) => `2026-01-01T00:00:00Z,pc${i}`);
    writeFileSync(path, `TimeGenerated,Computer\n${heartbeats.join("\n")}\n`);
    const { code, out } = await ztlens(["inputs", path, "-o", "json"]);
    expect((JSON.parse(out) as Answer).inputs).toMatchObject([{ read: 1_000, partial: true }]);
    expect(code).toBe(3);
  });
});

describe("progress", () => {
  test("shows share, files, records, rate and the time left", () => {
    const load = { file: "a.json", done: 3, total: 12, bytes: 500_000_000, totalBytes: 2_000_000_000, records: 70 };
    expect(loadingLine(load, 5)).toBe(
      `${"█".repeat(5)}${"░".repeat(15)} 3/12  70 records  100 MB/s  15 s left  a.json`,
    );
    expect(loadingLine({ ...load, bytes: 0, done: 0 }, 0)).toBe(`${"░".repeat(20)} 0/12  70 records  0 MB/s  a.json`);
  });
});
