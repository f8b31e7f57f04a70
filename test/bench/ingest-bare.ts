import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { columnsOf } from "../../src/tables/catalogue.ts";

/** DuckDB's own load of the same columns: CREATE TABLE AS with the catalogue's types, no mapping, no accounting. */
const [database = ":memory:", memory = "4GiB", ...folders] = process.argv.slice(2);
const TYPES: Readonly<Record<string, string>> = {
  datetime: "TIMESTAMP",
  long: "BIGINT",
  int: "INTEGER",
  real: "DOUBLE",
  bool: "BOOLEAN",
  dynamic: "JSON",
};
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const connection = await (await DuckDBInstance.create(database, { memory_limit: memory })).connect();
const names = readdirSync(folders[0] ?? ".").filter((file) => file.endsWith(".ndjson"));
for (const [i, name] of names.entries()) {
  const files = `[${folders.map((folder) => quoted(join(folder, name))).join(", ")}]`;
  const keys = await connection.runAndReadAll(
    `SELECT DISTINCT unnest(json_keys(json)) FROM (SELECT json FROM read_ndjson_objects(${files}) LIMIT 2000)`,
  );
  const types = new Map(columnsOf(name.replace(".ndjson", ""))?.map((column) => [column.name, column.type]));
  const columns = keys
    .getRows()
    .map(([key]) => `${quoted(String(key))}: '${TYPES[types.get(String(key)) ?? "string"] ?? "VARCHAR"}'`);
  await connection.run(`CREATE TABLE t${i} AS SELECT * FROM read_ndjson(${files}, columns = {${columns.join(", ")}})`);
}
