import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { beaconScore } from "../../../src/analyzer/beacon-score.ts";
import beaconing from "../../../src/analyzer/detectors/beaconing.ts";
import type { Row } from "../../signals/support.ts";
import { analyze } from "../support.ts";

/** A checkout of activecm/rita. Its captures are not ours to ship. */
const root = process.env.ZTLENS_RITA;

/** Rows of a Zeek log in its tab-separated form. */
function zeek(path: string): Record<string, string>[] {
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  const fields = (lines.find((line) => line.startsWith("#fields")) ?? "").split("\t").slice(1);
  return lines
    .filter((line) => !line.startsWith("#"))
    .map((line) => {
      const cells = line.split("\t");
      return Object.fromEntries(fields.map((name, i) => [name, cells[i] ?? ""]));
    });
}

const seconds = (text: string | undefined): number => Number(text ?? 0);

/** Connections of the capture behind a web proxy; a tunnel's target is the host that its CONNECT named. */
function connections(folder: string): Row[] {
  const hosts = new Map(
    zeek(join(folder, "http.log"))
      .filter(({ method }) => method === "CONNECT")
      .map(({ uid, host }) => [uid, host]),
  );
  return zeek(join(folder, "conn.log"))
    .toSorted((a, b) => seconds(a.ts) - seconds(b.ts))
    .map(({ ts, uid, orig_ip_bytes, resp_ip_bytes, ...conn }) => ({
      TimeGenerated: new Date(seconds(ts) * 1000).toISOString(),
      EventId: uid ?? "",
      Subject: conn["id.orig_h"] ?? "",
      SubjectType: "ip",
      Resource: hosts.get(uid) ?? conn["id.resp_h"] ?? "",
      ...Object.fromEntries(
        ["Identity", "Device", "Context", "Policy", "Session", "Encryption"].map((facet) => [facet, "unknown"]),
      ),
      Bytes: Number(orig_ip_bytes) + Number(resp_ip_bytes),
      Port: Number(conn["id.resp_p"]),
      ResultCode: "Allow",
    }));
}

describe.skipIf(!root)("RITA's capture of a beacon through a proxy", () => {
  const rows = root ? connections(join(root, "test_data/proxy")) : [];

  test("the documented beacon ranks first, and nothing else is told", () => {
    const settings = { beaconing: { minScore: 0 } };
    const all = analyze("network", rows, { detectors: [beaconing], settings }).anomalies;
    const [first, second] = all.toSorted((a, b) => b.score - a.score);
    expect(first?.subject).toBe("10.136.0.18");
    expect(first?.reason).toContain("www.honestimnotevil.com");
    expect(first?.score).toBeGreaterThan(0.9);
    expect((first?.score ?? 0) - (second?.score ?? 0)).toBeGreaterThan(0.1);
    const told = analyze("network", rows, { detectors: [beaconing] }).anomalies;
    expect(told.map(({ reason }) => reason.includes("www.honestimnotevil.com"))).toEqual([true]);
  });

  test("its score is the one that RITA's own tests document, 0.979, over the last day", () => {
    const clock = (row: Row): number => Math.floor(Date.parse(String(row.TimeGenerated)) / 1000);
    const end = Math.max(...rows.map(clock));
    const last = rows.filter((row) => row.Resource === "www.honestimnotevil.com" && clock(row) >= end - 86_400);
    const sizes = last.map(({ Bytes }) => Number(Bytes));
    const score = beaconScore({ times: last.map(clock), sizes, start: end - 86_400, end });
    expect(Math.abs((score?.score ?? 0) - 0.979)).toBeLessThan(0.005);
  });
});
