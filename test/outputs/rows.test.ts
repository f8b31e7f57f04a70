import { afterAll, describe, expect, test } from "vitest";
import { UsageError } from "../../src/core/errors.ts";
import type { QueryResult, Value } from "../../src/core/kusto.ts";
import { displayWidth } from "../../src/core/text/terminal.ts";
import { formatRows, ROW_FORMATS, rowChunks } from "../../src/outputs/rows.ts";
import { ACTIVE, HOSTILE, HOSTILE_NAMES, XSS } from "../hostile/corpus.ts";
import { parseCsv } from "../hostile/csv.ts";

const prototypeKeys = Reflect.ownKeys(Object.prototype).length;
afterAll(() => expect(Reflect.ownKeys(Object.prototype).length).toBe(prototypeKeys));

const every: QueryResult = {
  columns: [
    { name: "b", type: "bool" },
    { name: "i", type: "int" },
    { name: "l", type: "long" },
    { name: "r", type: "real" },
    { name: "m", type: "decimal" },
    { name: "s", type: "string" },
    { name: "t", type: "datetime" },
    { name: "d", type: "timespan" },
    { name: "g", type: "guid" },
    { name: "j", type: "dynamic" },
  ],
  rows: [
    [
      true,
      -1,
      "9223372036854775807",
      "NaN",
      "0.1",
      "Zoë, “x”",
      "2026-11-20T12:00:00.1234567Z",
      "-1.02:03:04",
      "6f2c0f6e-0000-4000-8000-000000000001",
      { a: [1, null] },
    ],
    [null, null, null, null, null, "", null, null, null, null],
  ],
};

describe("every scalar type", () => {
  test.each(ROW_FORMATS)("as %s", async (format) => {
    await expect(formatRows(every, format)).toMatchFileSnapshot(`golden/rows.${format === "table" ? "txt" : format}`);
  });

  test("json is the contract", () => {
    expect(JSON.parse(formatRows({ columns: [{ name: "x", type: "long" }], rows: [[1]] }, "json"))).toEqual({
      columns: [{ name: "x", type: "long" }],
      rows: [[1]],
    });
    expect(JSON.parse(formatRows(every, "json"))).toEqual({
      columns: every.columns,
      rows: JSON.parse(JSON.stringify(every.rows)),
    });
  });

  test("no row is a valid answer", () => {
    const empty: QueryResult = { columns: every.columns, rows: [] };
    expect(JSON.parse(formatRows(empty, "json"))).toEqual({ columns: every.columns, rows: [] });
    expect(formatRows(empty, "jsonl")).toBe("");
    expect(parseCsv(formatRows(empty, "csv"))).toHaveLength(1);
    expect(formatRows(empty, "table")).toContain("0 rows");
  });

  test("a partial answer says so", () => {
    const partial: QueryResult = { ...every, partial: "500,000 rows\x1b[2J" };
    expect(JSON.parse(formatRows(partial, "json"))).toHaveProperty("partial", partial.partial);
    expect(formatRows(partial, "table")).toContain("Incomplete: 500,000 rows<U+001B>[2J");
  });
});

describe("hostile names and values", () => {
  const names = [...new Set([...HOSTILE, ...HOSTILE_NAMES])];
  const result: QueryResult = {
    columns: names.map((name) => ({ name, type: "string" })),
    rows: [names, XSS.slice(0, names.length), names.map((name): Value => ({ [name]: name }))],
  };

  test.each(ROW_FORMATS)("%s holds nothing active", (format) => {
    const text = formatRows(result, format);
    expect(format === "csv" ? text.replaceAll(/[\r\t]/g, "") : text).not.toMatch(ACTIVE);
  });

  test("jsonl gives back every name and value", () => {
    const lines = formatRows(result, "jsonl").split("\n").slice(0, -1);
    expect(lines).toHaveLength(3);
    for (const [i, line] of lines.entries()) {
      const record = new Map(Object.entries(JSON.parse(line) as object));
      for (const [j, name] of names.entries()) expect(record.get(name) ?? null).toEqual(result.rows[i]?.[j] ?? null);
    }
  });

  test("csv has as many fields in every record", () => {
    const records = parseCsv(formatRows(result, "csv"));
    expect(records.map((record) => record.length)).toEqual([names.length, names.length, names.length, names.length]);
  });
});

describe("the table", () => {
  const wide: QueryResult = {
    columns: [
      { name: "Subject", type: "string" },
      { name: "Query", type: "string" },
      { name: "Count", type: "long" },
    ],
    rows: [
      ["全角".repeat(40), "x".repeat(400), 12],
      ["a", "b", -3],
    ],
  };

  test.each([100, 60, 20])("fits %i columns", (width) => {
    for (const line of formatRows(wide, "table", width).split("\n"))
      expect(displayWidth(line)).toBeLessThanOrEqual(width);
  });

  test("numbers are right-aligned", () => expect(formatRows(wide, "table", 60)).toMatch(/ {2}-3\n/));
});

test("an unknown format is the user's mistake", () => expect(() => formatRows(every, "xml")).toThrow(UsageError));

test("a large result is written in bounded chunks", () => {
  const rows = Array.from({ length: 50_000 }, (_, i): Value[] => [i, `user${i}@contoso.com`]);
  const result: QueryResult = {
    columns: [
      { name: "n", type: "long" },
      { name: "u", type: "string" },
    ],
    rows,
  };
  let total = 0;
  for (const chunk of rowChunks(result, "csv")) {
    expect(chunk.length).toBeLessThan(80_000);
    total += chunk.length;
  }
  expect(total).toBe(formatRows(result, "csv").length);
});
