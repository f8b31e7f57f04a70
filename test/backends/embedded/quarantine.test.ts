import { createHash } from "node:crypto";
import { once } from "node:events";
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { EmbeddedBackend } from "../../../src/backends/embedded/backend.ts";
import type { InputReport } from "../../../src/core/assessment.ts";
import { lines, reconciled } from "./support.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ztlens-quarantine-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const good = (i: number, more: object = {}): string =>
  JSON.stringify({
    TimeGenerated: new Date(1_700_000_000_000 + i * 1000).toISOString(),
    Computer: `pc${i}`,
    Type: "Heartbeat",
    ...more,
  });

/** What goes wrong with a line of JSON, from cut files to hostile ones. */
const KINDS: readonly ((i: number) => string | Buffer)[] = [
  (i) => good(i).slice(0, -7),
  (i) => good(i).slice(9),
  (i) => `${good(i)}${good(i)}`,
  (i) => `${good(i)},`,
  (i) => `[${good(i)}]`,
  (i) => `"${i}"`,
  (i) => `${i}`,
  () => "null",
  () => "true",
  () => "NaN",
  (i) => good(i).replaceAll('"', "'"),
  (i) => good(i).replace('"Computer":', "Computer:"),
  (i) => good(i).replace('","', '",,"'),
  (i) => good(i, { Note: "x" }).replace('"x"', '"\\x"'),
  (i) => good(i, { Note: "x" }).replace('"x"', '"\u0001"'),
  (i) => good(i, { Note: "x" }).replace('"x"', "01"),
  (i) => good(i, { TimeGenerated: "12:36 PM" }),
  (i) => good(i, { TimeGenerated: null }),
  (i) => good(i, { Deep: 0 }).replace(":0}", `:${'{"a":'.repeat(200)}0${"}".repeat(200)}}`),
  () => Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
];

/** Writes `total` good lines with `bad` broken ones spread among them. */
async function writeMixed(file: string, total: number, bad: number): Promise<void> {
  const out = createWriteStream(file);
  const every = total / bad;
  for (let i = 0; i < total; i++) {
    if (i % every === 0) {
      const kind = KINDS[(i / every) % KINDS.length] as (i: number) => string | Buffer;
      out.write(kind(i));
      out.write("\n");
    }
    if (!out.write(`${good(i)}\n`)) await once(out, "drain");
  }
  out.end();
  await finished(out);
}

async function load(
  paths: readonly string[],
  quarantine?: string,
): Promise<{ inputs: readonly InputReport[]; count: unknown }> {
  const backend = await EmbeddedBackend.open({ paths, ...(quarantine !== undefined && { quarantine }) });
  try {
    expect(reconciled(backend.inputs())).toBe(true);
    return {
      inputs: backend.inputs(),
      count: (await backend.query("Heartbeat | summarize count(), dcount(Computer, 4)").catch(() => ({ rows: [[0]] })))
        .rows[0],
    };
  } finally {
    await backend.close();
  }
}

const sets = (inputs: readonly InputReport[]): unknown[] =>
  inputs.flatMap(({ file, problems = [] }) =>
    problems.map(({ position, offset, code, message }) => JSON.stringify([file, position, offset, code, message])),
  );

interface Entry {
  readonly offset: number;
  readonly sha256: string;
  readonly form: string;
  text?: string;
}
const entries = (file: string): Entry[] =>
  readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Entry);

const LONG = process.env.ZTLENS_LONG !== undefined;

describe("quarantine", () => {
  const [total, bad] = LONG ? [1_000_000, 10_000] : [20_000, 200];

  test(`${bad} broken lines of ${KINDS.length} kinds among ${total} good ones: kept with place and reason, and read again to the same result`, async () => {
    const file = join(folder, "Heartbeat.ndjson");
    await writeMixed(file, total, bad);
    const kept = join(folder, "bad.jsonl");
    const first = await load([file], kept);
    expect(first.inputs).toMatchObject([
      { read: total + bad, accepted: total, quarantined: bad, skipped: 0, rows: total },
    ]);
    expect(first.count).toEqual([total, total]);
    const found = sets(first.inputs);
    expect(new Set(found).size).toBe(bad);
    const lines = entries(kept);
    expect(lines).toHaveLength(bad);
    const content = readFileSync(file);
    for (const { offset, sha256, form } of lines) {
      const line = content.subarray(offset, content.indexOf(10, offset));
      if (form !== "row") expect(createHash("sha256").update(line).digest("hex")).toBe(sha256);
    }
    const second = await load([kept], join(folder, "again.jsonl"));
    expect(second.inputs.reduce((sum, { quarantined }) => sum + quarantined, 0)).toBe(bad);
    expect(sets(second.inputs).sort()).toEqual(found.sort());
    expect(sets((await load([join(folder, "again.jsonl")])).inputs).sort()).toEqual(found);
  }, 3_600_000);

  test("a line that was mended is loaded as what it was: CSV under its header, a row without a time", async () => {
    writeFileSync(
      join(folder, "query_data.csv"),
      'Type,TimeGenerated [Eastern Time],Computer\nHeartbeat,"1/1/2024, 1:00:00.000 AM"\nHeartbeat,"12:36 PM",pc2\nHeartbeat,"1/1/2024, 3:00:00.000 AM",pc3\n',
    );
    const kept = join(folder, "bad.jsonl");
    expect((await load([join(folder, "query_data.csv")], kept)).count).toEqual([1, 1]);
    const mended = entries(kept).map((entry) => ({
      ...entry,
      text: entry.text?.replace('AM"', 'AM",pc1').replace("12:36 PM", "1/1/2024, 2:00:00.000 AM"),
    }));
    writeFileSync(kept, lines(...mended));
    const backend = await EmbeddedBackend.open({ paths: [join(folder, "query_data.csv"), kept] });
    const { rows } = await backend.query("Heartbeat | sort by Computer asc | project Computer, TimeGenerated");
    expect(rows).toEqual([
      ["pc1", "2024-01-01T06:00:00.0000000Z"],
      ["pc2", "2024-01-01T07:00:00.0000000Z"],
      ["pc3", "2024-01-01T08:00:00.0000000Z"],
    ]);
    await backend.close();
  });

  test("a log that claims to be a quarantine file is one only as a whole", async () => {
    const claim = JSON.stringify({
      quarantine: "ztlens-quarantine-1",
      file: "/etc/passwd",
      shape: "rows",
      form: "json",
      text: "{}",
    });
    writeFileSync(join(folder, "Heartbeat.json"), lines(claim, good(1)));
    expect((await load([join(folder, "Heartbeat.json")])).inputs).toMatchObject([
      { table: "Heartbeat", accepted: 1, read: 2 },
    ]);
  });
});
