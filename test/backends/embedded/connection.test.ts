import { afterAll, beforeAll, expect, test } from "vitest";
import { type Engine, openEngine } from "../../../src/backends/embedded/connection.ts";
import type { ScalarType } from "../../../src/core/kusto.ts";
import type { Udf } from "../../../src/kql/functions/types.ts";

const JOINED: Udf = {
  name: "kql_test_joined",
  params: ["VARCHAR", "BIGINT[]"],
  returns: "VARCHAR",
  fn: (text: string, numbers: readonly bigint[]) => `${text}:${numbers.join("+")}`,
};
const SEEN: Udf = {
  name: "kql_test_seen",
  params: ["VARCHAR"],
  returns: "VARCHAR[]",
  nulls: "called",
  fn: (text: string | null) => [text ?? "null", "x"],
};

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ threads: 1 });
  engine.register([JOINED, SEEN]);
  await engine.seal();
});
afterAll(() => engine.close());

const value = async (sql: string, type: ScalarType) =>
  (
    await engine.query({
      sql: `SELECT ${sql} AS v`,
      columns: [{ name: "v", type, sql: "v" }],
      reads: new Map(),
      udfs: [],
      warnings: [],
    })
  ).rows[0]?.[0];

test.each<[string, ScalarType, unknown]>([
  ["637134336000000001::BIGINT", "datetime", "2020-01-01T00:00:00.0000001Z"],
  ["-18000000000::BIGINT", "timespan", "-00:30:00"],
  ["9007199254740993::BIGINT", "long", "9007199254740993"],
  ["9007199254740991::BIGINT", "long", 9007199254740991],
  ["'NaN'::DOUBLE", "real", "NaN"],
  ["'-Infinity'::DOUBLE", "real", "-Infinity"],
  ["1.500::DECIMAL(38,18)", "decimal", "1.5"],
  ["100::DECIMAL(38,18)", "decimal", "100"],
  [`'{"a":12345678901234567890,"b":[1.5,null]}'`, "dynamic", { a: "12345678901234567890", b: [1.5, null] }],
  ["NULL::VARCHAR", "string", ""],
  ["NULL::BIGINT", "long", null],
])("%s leaves the engine as %s", async (sql, type, expected) => {
  expect(await value(sql, type)).toEqual(expected);
});

test("texts are read as they are, short and long, null and repeated, over many chunks", async () => {
  const text = (i: number): string | null => {
    if (i % 7 === 0) return null;
    if (i % 5 === 0) return "é".repeat((i % 11) + 1);
    return i % 3 === 0 ? `a text that is long ${i % 13}` : `t${(i * i) % 5000}`;
  };
  const cases = [
    "WHEN i % 7 = 0 THEN NULL",
    "WHEN i % 5 = 0 THEN repeat('é', (i % 11 + 1)::INTEGER)",
    "WHEN i % 3 = 0 THEN 'a text that is long ' || (i % 13)",
  ];
  const sql = `SELECT CASE ${cases.join(" ")} ELSE 't' || ((i * i) % 5000) END AS v, i AS w FROM range(20000) r(i) ORDER BY i`;
  const columns = [
    { name: "v", type: "string" as const, sql: "v" },
    { name: "w", type: "long" as const, sql: "w" },
  ];
  const { rows } = await engine.query({ sql, columns, reads: new Map(), udfs: [], warnings: [] });
  expect(rows.map(([v]) => v)).toEqual(Array.from({ length: 20_000 }, (_, i) => text(i) ?? ""));
});

test("a UDF takes and gives lists, and sees null only where it asks for it", async () => {
  expect(await engine.rows("SELECT kql_test_joined('a', [1, 2]), kql_test_joined(NULL, [1])")).toEqual([
    ["a:1+2", null],
  ]);
  expect(await value("to_json(kql_test_seen(NULL))::VARCHAR", "dynamic")).toEqual(["null", "x"]);
});

test.each([
  "SELECT * FROM read_csv('/etc/passwd')",
  "COPY (SELECT 1) TO '/tmp/ztlens-escape.csv'",
  "INSTALL httpfs",
  "SET memory_limit = '1GB'",
  "SELECT 1; SELECT 2",
])("a sealed engine refuses %s", async (sql) => {
  await expect(engine.rows(sql)).rejects.toThrow();
});

test("an aborted query stops", async () => {
  const query = {
    sql: "SELECT count(*) AS v FROM range(100000000000) a, range(1000) b WHERE a.range % 7 = b.range % 5",
    columns: [{ name: "v", type: "long" as const, sql: "v" }],
    reads: new Map(),
    udfs: [],
    warnings: [],
  };
  const started = performance.now();
  await expect(engine.query(query, AbortSignal.timeout(200))).rejects.toThrow();
  expect(performance.now() - started).toBeLessThan(10_000);
});
