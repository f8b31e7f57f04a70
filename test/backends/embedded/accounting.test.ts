import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { lines, reconciled, withLoaded } from "./support.ts";

const row = (i: number, more: object = {}) => ({
  TimeGenerated: new Date(1_700_000_000_000 + i * 1000).toISOString(),
  Computer: `pc${i}`,
  Type: "Heartbeat",
  ...more,
});

/** More than the sampled head of a file, so that the fast path is taken. */
const many = (count: number): object[] => Array.from({ length: count }, (_, i) => row(i, { Note: "x".repeat(100) }));

describe("every record is accounted for", () => {
  test("malformed records are quarantined with line, byte offset and reason; the others load", async () => {
    const bad = ["not json", '{"TimeGenerated":', "[1]", "5", '{"a":1}{"b":2}', '"text"', "null"];
    const content = lines(row(1), ...bad, row(2));
    await withLoaded({ "Heartbeat.json": content }, async ({ inputs, rows }) => {
      expect(inputs).toMatchObject([{ read: 9, accepted: 2, quarantined: 7, skipped: 0 }]);
      expect(inputs[0]?.problems?.map(({ position, code }) => [position, code])).toEqual([
        [2, "bad-json"],
        [3, "bad-json"],
        [4, "not-an-object"],
        [5, "not-an-object"],
        [6, "bad-json"],
        [7, "not-an-object"],
        [8, "not-an-object"],
      ]);
      for (const problem of inputs[0]?.problems ?? [])
        expect(Buffer.from(content).subarray(problem.offset).toString().split("\n")[0]).toBe(bad[problem.position - 2]);
      expect(await rows("Heartbeat | count")).toEqual([[2]]);
    });
  });

  test("a bad record deep in a large file is found on the way back from the fast path", async () => {
    const records: unknown[] = many(20_000);
    records.splice(15_000, 0, '{"TimeGenerated": broken');
    await withLoaded({ "Heartbeat.ndjson": lines(...records) }, async ({ inputs, rows }) => {
      expect(inputs).toMatchObject([{ read: 20_001, accepted: 20_000, quarantined: 1 }]);
      expect(inputs[0]?.problems).toMatchObject([{ position: 15_001, code: "bad-json" }]);
      expect(await rows("Heartbeat | count")).toEqual([[20_000]]);
    });
  });

  test("a column that only a late row has is loaded", async () => {
    const records = many(20_000);
    records[19_999] = row(19_999, { Late: "seen" });
    await withLoaded({ "Heartbeat.ndjson": lines(...records) }, async ({ inputs, rows }) => {
      expect(inputs[0]?.reason).toContain("Late");
      expect(await rows("Heartbeat | where Late == 'seen' | project Computer")).toEqual([["pc19999"]]);
    });
  });

  test("a column that only a late row has, in a file with a bad record", async () => {
    const records: unknown[] = many(20_000);
    records[14_950] = row(14_950, { Late: "seen" });
    records.splice(17_000, 0, "{ broken");
    await withLoaded({ "Heartbeat.ndjson": lines(...records) }, async ({ inputs, rows }) => {
      expect(inputs).toMatchObject([{ read: 20_001, accepted: 20_000, quarantined: 1 }]);
      expect(await rows("Heartbeat | where Late == 'seen' | project Computer")).toEqual([["pc14950"]]);
    });
  });

  test("a row without a readable time is quarantined, another bad cell becomes null and is reported", async () => {
    const content = lines(
      row(1, { ComputerEnvironment: "ok" }),
      row(2, { TimeGenerated: "yesterday" }),
      row(3, { TimeGenerated: "" }),
      row(4, { RemoteIPLongitude: "east" }),
      row(5, { RemoteIPLongitude: "12.5" }),
    );
    await withLoaded({ "Heartbeat.json": content }, async ({ inputs, rows }) => {
      expect(inputs).toMatchObject([{ read: 5, accepted: 3, quarantined: 2 }]);
      expect(inputs[0]?.problems?.map(({ position, code }) => [position, code])).toEqual([
        [2, "time"],
        [3, "time"],
        [4, "cell"],
      ]);
      expect(await rows("Heartbeat | sort by Computer asc | project Computer, RemoteIPLongitude")).toEqual([
        ["pc1", null],
        ["pc4", null],
        ["pc5", 12.5],
      ]);
    });
  });

  test("CSV records with too few or too many cells, and a quote that never ends", async () => {
    const content =
      'TimeGenerated,Computer,OSType\n2024-01-01T00:00:00Z,a,Linux\n2024-01-01T00:00:00Z,b\n2024-01-01T00:00:00Z,c,x,y\n2024-01-01T00:00:00Z,d,"open\n';
    await withLoaded({ "Heartbeat.csv": content }, async ({ inputs }) => {
      expect(inputs).toMatchObject([{ read: 4, accepted: 1, quarantined: 3 }]);
      expect(inputs[0]?.problems?.map(({ position, code }) => [position, code])).toEqual([
        [3, "cell-count"],
        [4, "cell-count"],
        [5, "open-quote"],
      ]);
    });
  });

  test("a document that was cut says so and keeps the records before the cut", async () => {
    const whole = JSON.stringify({ records: [row(1), row(2), row(3)] });
    await withLoaded({ "Heartbeat.json": whole.slice(0, -20) }, async ({ inputs }) => {
      expect(inputs).toMatchObject([
        { read: 3, accepted: 2, quarantined: 1, problems: [{ position: 3, code: "truncated" }] },
      ]);
    });
  });

  test("one file with rows of several tables has one line of books for each", async () => {
    const content = lines(
      row(1),
      row(2),
      { TimeGenerated: "2024-01-01T00:00:00Z", Type: "Usage", Quantity: 1 },
      { TimeGenerated: "2024-01-01T00:00:00Z", Type: "sorts of things" },
    );
    await withLoaded({ "mixed.json": content }, async ({ inputs }) => {
      expect(reconciled(inputs)).toBe(true);
      expect(inputs.map(({ table, accepted, skipped }) => [table, accepted, skipped])).toEqual(
        expect.arrayContaining([
          ["Heartbeat", 2, 0],
          ["Usage", 1, 0],
          [null, 0, 1],
        ]),
      );
    });
  });

  test("repeated records are skipped: by _ItemId alone, by the natural key only at the same time", async () => {
    const at = (minute: number, more: object) => ({
      TimeGenerated: `2024-01-01T00:0${minute}:00Z`,
      Type: "SigninLogs",
      ...more,
    });
    const files = {
      "1.json": lines(at(1, { _ItemId: "a", Id: "x" }), at(1, { _ItemId: "b", Id: "y" }), at(2, { Id: "y" })),
      "2.json": lines(at(1, { _ItemId: "a", Id: "z" }), at(1, { Id: "y" }), at(3, { Id: "" }), at(3, { Id: "" })),
    };
    await withLoaded(files, async ({ inputs, rows }) => {
      expect(inputs).toMatchObject([
        { read: 3, accepted: 3, skipped: 0 },
        { read: 4, accepted: 2, skipped: 2 },
      ]);
      expect(await rows("SigninLogs | count")).toEqual([[5]]);
    });
  });

  test("exactly a thousand records look like a cut result", async () => {
    const csv = `TimeGenerated,Computer\n${Array.from({ length: 1000 }, (_, i) => `2024-01-01T00:00:00Z,pc${i}`).join("\n")}\n`;
    await withLoaded(
      { "Heartbeat.csv": csv, "Usage.csv": csv.split("\n").slice(0, 500).join("\n") },
      async ({ inputs }) => {
        expect(inputs.map(({ table, partial }) => [table, partial])).toEqual([
          ["Heartbeat", true],
          ["Usage", undefined],
        ]);
      },
    );
  });
});

describe("the same records give the same rows", () => {
  const records = Array.from({ length: 9_000 }, (_, i) =>
    row(i, { OSType: i % 3 === 0 ? "Linux" : "Windows", Solutions: `"quoted", ${i}\n`, Extra: { n: i } }),
  );
  const digest =
    "Heartbeat | summarize count(), sum(strlen(Solutions)), sum(toint(Extra.n)), min(TimeGenerated), max(TimeGenerated), dcount(Computer, 4) by OSType | sort by OSType asc";
  const csv = (rows: readonly object[]): string =>
    [
      Object.keys(rows[0] ?? {}).join(","),
      ...rows.map((one) =>
        Object.values(one)
          .map(
            (value) => `"${(typeof value === "object" ? JSON.stringify(value) : String(value)).replaceAll('"', '""')}"`,
          )
          .join(","),
      ),
    ].join("\r\n");
  const chunks = (size: number): Record<string, string> =>
    Object.fromEntries(
      Array.from({ length: Math.ceil(records.length / size) }, (_, i) => [
        `${i}.json`,
        lines(...records.slice(i * size, (i + 1) * size)),
      ]),
    );

  test("in one file or many, as lines, array, records, CSV or compressed, on one thread or several", async () => {
    const forms: readonly { files: Record<string, string | Buffer>; threads?: number }[] = [
      { files: chunks(9_000) },
      { files: chunks(9_000), threads: 1 },
      { files: chunks(500) },
      { files: { "a.json": JSON.stringify(records) } },
      { files: { "a.json": JSON.stringify({ records }, null, 1) } },
      { files: { "a.csv": csv(records) } },
      { files: { "a.json.gz": gzipSync(lines(...records)) } },
    ];
    const answers = [];
    for (const { files, threads } of forms)
      answers.push(await withLoaded(files, ({ rows }) => rows(digest), threads === undefined ? {} : { threads }));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]?.map((line) => line[1])).toEqual([3_000, 6_000]);
  });

  test("twenty kinds of broken lines among good ones: each is named, none is lost", async () => {
    const broken = [
      "{",
      "}",
      "[",
      "]",
      '"',
      "nul",
      "tru",
      "{]",
      "[}",
      '{"a"}',
      '{"a":}',
      '{"a":1,}',
      "{a:1}",
      "{'a':1}",
      "01",
      "+1",
      "1 2",
      '{"a":"\\x"}',
      '{"a":"\u0001"}',
      "\u00a0?",
    ];
    const content: unknown[] = records.slice(0, 4_000);
    for (let i = 0; i < 200; i++) content.splice(i * 20, 0, broken[i % broken.length]);
    await withLoaded({ "Heartbeat.ndjson": lines(...content) }, async ({ inputs }) => {
      expect(inputs).toMatchObject([{ read: 4_200, accepted: 4_000, quarantined: 200, skipped: 0 }]);
      expect(inputs[0]?.problems?.map(({ position }) => position)).toEqual(
        Array.from({ length: 200 }, (_, i) => i * 20 + 1),
      );
    });
  });
});

describe("tables are told, never guessed", () => {
  test("columns that fit nothing are refused with what to do; --assume-table decides", async () => {
    const files = { "data.json": lines({ alpha: 1, beta: 2 }) };
    await withLoaded(files, async ({ inputs }) => {
      expect(inputs).toMatchObject([{ table: null, read: 1, accepted: 0, skipped: 1 }]);
      expect(inputs[0]?.reason).toContain("--assume-table");
    });
    await withLoaded(
      files,
      async ({ inputs, rows }) => {
        expect(inputs).toMatchObject([{ table: "Mine_CL", accepted: 1 }]);
        expect(await rows("Mine_CL | project alpha + beta")).toEqual([[3]]);
      },
      { assumeTable: "Mine_CL" },
    );
  });

  test("columns that several tables share are ambiguous until the path says which", async () => {
    const record = {
      TimeGenerated: "2024-01-01T00:00:00Z",
      DeviceId: "d",
      DeviceName: "n",
      ActionType: "a",
      ReportId: 1,
    };
    await withLoaded({ "x.json": lines(record), "DeviceFileEvents/x.json": lines(record) }, async ({ inputs }) => {
      expect(inputs.map(({ table }) => table)).toEqual(["DeviceFileEvents", null]);
      expect(inputs[1]?.reason).toMatch(/several tables|no table/);
    });
  });

  test("files without records are reported, not dropped", async () => {
    await withLoaded(
      { "a.json": "", "b.csv": "TimeGenerated,Computer\n", "c.txt": "hello", "d.json": "[]" },
      async ({ inputs }) => {
        expect(inputs.map(({ read, reason }) => [read, typeof reason])).toEqual(Array(4).fill([0, "string"]));
      },
    );
  });
});

describe("paths", () => {
  test("globs, single files, links inside and outside of the folder", async () => {
    const record = lines(row(1));
    await withLoaded({ "in/a.json": record, "in/b.txt": "x" }, async (_loaded, folder) => {
      mkdirSync(join(folder, "in/sub"));
      writeFileSync(join(folder, "secret.json"), record);
      symlinkSync(join(folder, "secret.json"), join(folder, "in/escape.json"));
      symlinkSync("a.json", join(folder, "in/link.json"));
      symlinkSync("nowhere", join(folder, "in/broken.json"));
      const paths = (): readonly string[] => [`${folder}/in/*.json`];
      await withLoaded(
        {},
        async ({ inputs }) => {
          const reasons = Object.fromEntries(
            inputs.map(({ file, accepted, reason }) => [file.split("/").at(-1), accepted === 1 ? "ok" : reason]),
          );
          expect(reasons["a.json"]).toBe("ok");
          expect(reasons["escape.json"]).toContain("leads out");
          expect(reasons["broken.json"]).toContain("nowhere");
          expect(Object.keys(reasons)).not.toContain("b.txt");
        },
        { paths },
      );
    });
  });

  test("a path that does not exist is the user's mistake", async () => {
    await expect(withLoaded({}, async () => {}, { paths: () => ["/no/such/file"] })).rejects.toThrow(
      "There is no file or folder",
    );
    await expect(withLoaded({}, async () => {}, { paths: (folder) => [`${folder}/*.json`] })).rejects.toThrow(
      "No file matches",
    );
  });
});
