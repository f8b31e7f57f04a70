import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync, gzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, test } from "vitest";
import { parseIsoDatetime } from "../../../src/core/ticks.ts";
import { lines, withLoaded } from "./support.ts";

const heartbeat = (computer: string): string =>
  lines({ TimeGenerated: "2024-01-01T00:00:00Z", Computer: computer, Type: "Heartbeat" });

interface Written {
  readonly name: string;
  readonly content: string;
}

const u16 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(2 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt16LE(value, 2 * i);
  return bytes;
};
const u32 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [i, value] of values.entries()) bytes.writeUInt32LE(value, 4 * i);
  return bytes;
};
const u64 = (...values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(8 * values.length);
  for (const [i, value] of values.entries()) bytes.writeBigUInt64LE(BigInt(value), 8 * i);
  return bytes;
};

const ALL = 0xffffffff;

/**
 * A ZIP64 archive (PKWARE APPNOTE 4.3.14–4.5.3): every size and offset of its directory stands in a 64-bit field, as
 * writers do that do not know sizes beforehand. Checksums are 0.
 */
function zip64(members: readonly Written[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of members) {
    const [title, plain] = [Buffer.from(name), Buffer.from(content)];
    const stored = deflateRawSync(plain);
    const sizes = u64(plain.length, stored.length);
    const shared = Buffer.concat([u16(45, 0, 8, 0, 0), u32(0, ALL, ALL), u16(title.length)]);
    const local = Buffer.concat([u32(0x04034b50), shared, u16(20), title, u16(1, 16), sizes, stored]);
    const extra = Buffer.concat([u16(0x9999, 2), u16(7), u16(1, 24), sizes, u64(offset)]);
    directory.push(
      Buffer.concat([u32(0x02014b50), u16(45), shared, u16(extra.length, 0, 0, 0), u32(0, ALL), title, extra]),
    );
    parts.push(local);
    offset += local.length;
  }
  const entries = Buffer.concat(directory);
  const count = members.length;
  const end = Buffer.concat([
    ...[u32(0x06064b50), u64(44), u16(45, 45), u32(0, 0), u64(count, count, entries.length, offset)],
    ...[u32(0x07064b50, 0), u64(offset + entries.length), u32(1)],
    ...[u32(0x06054b50), u16(0, 0, 0xffff, 0xffff), u32(ALL, ALL), u16(0)],
  ]);
  return Buffer.concat([...parts, entries, end]);
}

/** A tar archive with ustar headers. */
function tar(members: readonly Written[]): Buffer {
  const blocks = members.flatMap(({ name, content }) => {
    const data = Buffer.from(content);
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write("0000644\0", 100);
    header.write(`${data.length.toString(8).padStart(11, "0")}\0`, 124);
    header.write("        0", 148);
    header.write("ustar\x0000", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    return [header, data, Buffer.alloc((512 - (data.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const members = [
  { name: "a/Heartbeat.json", content: heartbeat("a") },
  { name: "b/PT1H.json", content: heartbeat("b") },
];

describe("archives", () => {
  test.each([
    ["ZIP64", "export.zip", zip64(members)],
    ["tar", "export.tar", tar(members)],
    ["tar.gz", "export.tar.gz", gzipSync(tar(members))],
  ])("%s: its files are read under their names", async (_, name, bytes) => {
    await withLoaded({ [name]: bytes }, async ({ inputs, rows }) => {
      for (const { file } of inputs) expect(file).toContain(`${name}!/`);
      expect(await rows("Heartbeat | where Computer == 'b' | count")).toEqual([[1]]);
    });
  });

  test("a ZIP64 archive whose 64-bit fields are missing is damaged, not empty", async () => {
    const whole = zip64(members);
    const cut = Buffer.from(whole);
    cut.writeUInt16LE(0x7777, whole.indexOf(u16(1, 24)));
    const noLocator = Buffer.from(whole);
    noLocator.writeUInt32LE(0, whole.indexOf(u32(0x07064b50)));
    await withLoaded({ "a.zip": cut, "b.zip": noLocator }, async ({ inputs }) => {
      expect(inputs.map(({ read, reason }) => [read, reason])).toEqual(
        Array(2).fill([0, expect.stringContaining("damaged")]),
      );
    });
  });
});

describe("Parquet of export jobs", () => {
  const layouts = [
    "workspaceId/w/jobId/j/timestamp=2026-11-23T07/part-0.parquet",
    "workspaceId/w/jobId/j/year=2026/month=11/day=23/hour=07/part-0.parquet",
  ];
  test.each(layouts)("%s", async (path) => {
    const folder = mkdtempSync(join(tmpdir(), "ztlens-parquet-"));
    try {
      const connection = await (await DuckDBInstance.create(":memory:")).connect();
      const file = join(folder, "x.parquet");
      await connection.run(
        `COPY (SELECT TIMESTAMP '2026-11-23 07:01:02.123456' AS TimeGenerated, 'SigninLogs' AS "Type", true AS IsInteractive, '{"browser":"Edge"}' AS DeviceDetail, 7::BIGINT AS Extra) TO '${file}' (FORMAT parquet)`,
      );
      await withLoaded({ [path]: readFileSync(file) }, async ({ inputs, rows }) => {
        expect(inputs).toMatchObject([{ shape: "rows", table: "SigninLogs", read: 1, accepted: 1 }]);
        expect(await rows("SigninLogs | project TimeGenerated, IsInteractive, DeviceDetail.browser, Extra")).toEqual([
          ["2026-11-23T07:01:02.1234560Z", true, "Edge", 7],
        ]);
      });
      await withLoaded(
        { [path]: readFileSync(file) },
        async ({ inputs }) => {
          expect(inputs).toMatchObject([{ shape: "layout", read: 0 }]);
        },
        { horizon: { from: parseIsoDatetime("2026-11-23T08:00:00Z") ?? 0n } },
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
