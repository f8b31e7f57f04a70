import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { EmbeddedBackend } from "../../../src/backends/embedded/backend.ts";
import { reconciled } from "./support.ts";

const folder = process.env.ZTLENS_DATA;
const script = fileURLToPath(new URL("../../tables/count.py", import.meta.url));
const hasPython = spawnSync("python3", ["--version"]).status === 0;

interface Entry {
  readonly file: string;
  readonly table: string;
  readonly rows: number;
}

/** Files whose table differs from the index, and why. */
const EXPLAINED: Readonly<Record<string, { readonly tables: readonly (string | null)[]; readonly why: string }>> = {
  "AzureDiagnostics_FrontDoor/azsentinel-root__AzureDiagnostics.csv": {
    tables: ["AzureDiagnostics"],
    why: "the index names the service, the export says AzureDiagnostics",
  },
  "IdentityInfo/azsentinel-sample__AADUSerInfo.csv": {
    tables: ["AADUserInfov2_CL"],
    why: "its columns (…_s, …_g) are those of a custom table, not of IdentityInfo",
  },
  "SecurityEvent/otrf-goldensaml__WindowsEvents.json": {
    tables: ["SecurityEvent", "Event"],
    why: "the rows say their own table; those without one go by their columns",
  },
  ...Object.fromEntries(
    Object.entries({
      "NSGFlowLogs/sumologic__blob_fixtures.json": "AzureNetworkAnalytics_CL",
      "VNetFlowLogs/msdocs__vnet_flow_sample.json": "NTANetAnalytics",
      "VNetFlowLogs/sumologic__blob_fixtures_subnetflowlogs.json": "NTANetAnalytics",
      "VNetFlowLogs/sumologic__blob_fixtures_vnetflowlogs.json": "NTANetAnalytics",
    }).map(([file, table]) => [file, { tables: [table], why: "the index names the log, the rows lie in its table" }]),
  ),
  "la-api-json/msticpy__az_mon_raw_query.json": {
    tables: ["SecurityAlert"],
    why: "the index names the format, the rows say SecurityAlert",
  },
};

describe.skipIf(folder === undefined)(
  "real exported logs (set ZTLENS_DATA to a folder with an INDEX.jsonl to run)",
  () => {
    test("every file reaches its table with every record, or the difference is explained", async () => {
      const index = readFileSync(join(folder ?? "", "INDEX.jsonl"), "utf8")
        .trim()
        .split("\n");
      const entries = index.map((line) => JSON.parse(line) as Entry);
      const backend = await EmbeddedBackend.open({ paths: entries.map(({ file }) => join(folder ?? "", file)) });
      try {
        const inputs = backend.inputs();
        expect(reconciled(inputs)).toBe(true);
        for (const { file, table, rows } of entries) {
          const own = inputs.filter((input) => input.file === join(folder ?? "", file));
          const expected = EXPLAINED[file];
          expect([file, own.map((input) => input.table)]).toEqual([file, expected?.tables ?? [table]]);
          expect([file, own.reduce((sum, { read }) => sum + read, 0)]).toEqual([file, rows]);
        }
        const left = inputs.filter(({ quarantined, skipped }) => quarantined + skipped > 0);
        expect(left.map(({ quarantined, skipped, table }) => [table, quarantined, skipped])).toEqual([
          ["AuditLogs", 0, 1],
          ["ThreatIntelligenceIndicator", 1, 0],
        ]);
      } finally {
        await backend.close();
      }
    });

    test.skipIf(!hasPython)("every file has as many records as a count in another language finds", async () => {
      const counted = spawnSync("python3", [script, folder ?? ""], { encoding: "utf8", maxBuffer: 1 << 26 });
      expect(counted.stderr).toBe("");
      const counts = JSON.parse(counted.stdout) as Record<string, number>;
      const backend = await EmbeddedBackend.open({
        paths: Object.keys(counts).map((file) => join(folder ?? "", file)),
      });
      try {
        const read: Record<string, number> = {};
        for (const input of backend.inputs()) {
          const file = input.file.slice((folder ?? "").length + 1);
          read[file] = (read[file] ?? 0) + input.read;
        }
        expect(read).toEqual(counts);
      } finally {
        await backend.close();
      }
    });
  },
);
