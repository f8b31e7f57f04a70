import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { lines, reconciled, withLoaded } from "./support.ts";

const good = { TimeGenerated: "2024-01-01T00:00:00Z", Computer: "a", Type: "Heartbeat" };
const MIB = 1 << 20;

const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;

/** A ZIP archive with one stored member of the given name. */
function zip(name: string, content: string): Buffer {
  const [title, data] = [Buffer.from(name), Buffer.from(content)];
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(title.length, 26);
  const central = Buffer.alloc(46);
  central.writeUInt32LE(0x02014b50, 0);
  for (const at of [20, 24]) central.writeUInt32LE(data.length, at);
  central.writeUInt16LE(title.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(46 + title.length, 12);
  end.writeUInt32LE(30 + title.length + data.length, 16);
  return Buffer.concat([local, title, data, central, title, end]);
}

describe("hostile input", () => {
  test("a decompression bomb is refused", async () => {
    const bomb = gzipSync(Buffer.alloc(64 * MIB));
    await withLoaded({ "a.json.gz": bomb, "b.json": lines(good) }, async ({ inputs }) => {
      expect(inputs[0]).toMatchObject({ shape: "gzip", read: 0 });
      expect(inputs[0]?.reason).toContain("bomb");
      expect(inputs[1]).toMatchObject({ accepted: 1 });
    });
  });

  test("compression inside compression ends", async () => {
    let data: Buffer = Buffer.from(lines(good));
    for (let i = 0; i < 6; i++) data = gzipSync(data);
    await withLoaded({ "a.gz": data }, async ({ inputs }) => {
      expect(inputs[0]?.reason).toContain("more than");
    });
  });

  test("damaged archives and compressed files are reported", async () => {
    const files = {
      "a.gz": gzipSync(lines(good)).subarray(0, 30),
      "b.zip": zip("x.json", lines(good)).subarray(0, 60),
      "c.zst": Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 1, 2, 3]),
      "d.parquet": Buffer.from("PAR1 and nothing else PAR1"),
    };
    await withLoaded(files, async ({ inputs }) => {
      expect(inputs.map(({ read, accepted, reason }) => [read, accepted, /cannot/.test(reason ?? "")])).toEqual(
        Array(4).fill([0, 0, true]),
      );
    });
  });

  test("a member's path outside of the archive is only a name", async () => {
    await withLoaded(
      { "a.zip": zip("../../../tmp/ztlens-escaped/Heartbeat.json", lines(good)) },
      async ({ inputs }) => {
        expect(inputs).toMatchObject([{ accepted: 1, table: "Heartbeat" }]);
      },
    );
  });

  test("a line longer than a record may be is quarantined, wherever it stands", async () => {
    const long = `{"TimeGenerated":"2024-01-01T00:00:00Z","Computer":"${"x".repeat(20 * MIB)}"}`;
    await withLoaded({ "Heartbeat.json": lines(good, long, good) }, async ({ inputs }) => {
      expect(inputs).toMatchObject([
        { read: 3, accepted: 2, quarantined: 1, problems: [{ position: 2, code: "record-too-long" }] },
      ]);
    });
  });

  test("a file that is one endless line is quarantined", async () => {
    await withLoaded({ "Heartbeat.json": `{"a":"${"x".repeat(8 * MIB)}` }, async ({ inputs }) => {
      expect(inputs).toMatchObject([{ accepted: 0, quarantined: 1 }]);
    });
  });

  test.each([1_000, 100_000])("nesting %i deep is quarantined", async (depth) => {
    const deep = `{"TimeGenerated":"2024-01-01T00:00:00Z","Type":"Heartbeat","Computer":"deep","Extra":${nested(depth)}}`;
    await withLoaded({ "Heartbeat.json": lines(good, deep) }, async ({ inputs, rows }) => {
      expect(inputs).toMatchObject([
        { read: 2, accepted: 1, quarantined: 1, problems: [{ position: 2, code: "too-deep" }] },
      ]);
      expect(await rows("Heartbeat | project Computer")).toEqual([["a"]]);
    });
  });

  test("a record with 90,000 members is quarantined", async () => {
    const wide = Object.fromEntries(Array.from({ length: 90_000 }, (_, i) => [`${i}`, 0]));
    await withLoaded({ "Heartbeat.json": lines(good, wide) }, async ({ inputs }) => {
      expect(inputs).toMatchObject([{ accepted: 1, quarantined: 1, problems: [{ code: "too-many-columns" }] }]);
    });
  });

  test("many rows with ever new members do not make ever more columns", async () => {
    const rows = Array.from({ length: 6_000 }, (_, i) => ({ ...good, [`field_${i}`]: i }));
    await withLoaded({ "Heartbeat.json": lines(...rows) }, async ({ inputs, rows: query }) => {
      expect(reconciled(inputs)).toBe(true);
      expect(inputs).toMatchObject([{ read: 6_000, accepted: 6_000 }]);
      expect(inputs[0]?.reason).toContain("left out");
      expect(await query("Heartbeat | count")).toEqual([[6_000]]);
    });
  });

  test("prototype names are columns like others", async () => {
    const record =
      '{"TimeGenerated":"2024-01-01T00:00:00Z","Type":"Heartbeat","__proto__":"p","constructor":"c","toString":"t"}';
    await withLoaded({ "a.json": lines(record) }, async ({ rows }) => {
      expect(await rows("Heartbeat | project ['__proto__'], ['constructor'], ['toString']")).toEqual([["p", "c", "t"]]);
      expect(Object.hasOwn(Object.prototype, "p")).toBe(false);
    });
  });

  test("NUL in a name or value, quotes, semicolons and comments stay data", async () => {
    const record = { ...good, "a\u0000b": "nul", 'x"; DROP TABLE t0; --': "q", "it's": "\u0000v" };
    await withLoaded({ "a.json": lines(record) }, async ({ inputs, rows }) => {
      expect(inputs).toMatchObject([{ read: 1, accepted: 1 }]);
      expect(await rows("Heartbeat | count")).toEqual([[1]]);
    });
  });

  test("invalid UTF-8 is quarantined", async () => {
    const content = Buffer.concat([
      Buffer.from(lines(good)),
      Buffer.from('{"Computer":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}\n'),
    ]);
    await withLoaded({ "Heartbeat.json": content }, async ({ inputs }) => {
      expect(inputs).toMatchObject([{ accepted: 1, quarantined: 1, problems: [{ position: 2, code: "not-utf8" }] }]);
    });
  });

  test("integers beyond 2^53 keep their digits", async () => {
    await withLoaded(
      { "a.json": lines('{"TimeGenerated":"2024-01-01T00:00:00Z","Type":"Heartbeat","Big":9007199254740993}') },
      async ({ rows }) => {
        expect(await rows("Heartbeat | project Big")).toEqual([["9007199254740993"]]);
      },
    );
  });
});
