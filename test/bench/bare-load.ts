import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";

/** The physical limit that the replay is compared with: DuckDB loads every column of the same files, and nothing else. */
const [folder = "."] = process.argv.slice(2);
const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => /\.(nd)?jsonl?$/.test(name));
const connection = await (await DuckDBInstance.create(":memory:", { threads: "2" })).connect();
for (const [i, name] of files.entries()) {
  if (/^(ground-truth|manifest)\./.test(name)) continue;
  const path = join(folder, name).replaceAll("'", "''");
  await connection.run(`create table t${i} as select * from read_ndjson('${path}', maximum_object_size=16777216)`);
}
