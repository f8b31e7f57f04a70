import { type Engine, openEngine } from "../../src/backends/embedded/connection.ts";
import type { ScalarType } from "../../src/core/kusto.ts";
import { compile } from "../../src/kql/index.ts";
import type { CompiledQuery, Schema } from "../../src/kql/types.ts";
import { QUERIES } from "./kql-queries.ts";

/**
 * Security queries in KQL beside SQL that a person would write for the same stored table, in turns in the same run.
 * Times are CPU time of the process, the best of the repeats: other work on the machine hardly changes them.
 *   npm run bench:kql -- [rows] [repeats] [part of a query's name]
 */
const [rows = "1000000", repeats = "3", wanted = ""] = process.argv.slice(2);

const COLUMNS: readonly (readonly [name: string, type: ScalarType, sql: string])[] = [
  ["TimeGenerated", "datetime", "638712864000000000 + i * 25920000000 // n * 1000 + h % 1000"],
  ["EventID", "int", "[4624, 4625, 4688, 4672, 4634, 4648, 5156, 4663][1 + h % 8]::INTEGER"],
  ["Computer", "string", "'host' || h // 8 % 500 || '.contoso.com'"],
  ["Account", "string", "'CONTOSO\\user' || h // 97 % 5000"],
  ["IpAddress", "string", "'10.' || h // 3 % 4 || '.' || h // 11 % 250 || '.' || h // 7 % 20"],
  [
    "CommandLine",
    "string",
    `['C:\\Windows\\System32\\svchost.exe -k netsvcs -p', 'powershell.exe -NoProfile -EncodedCommand SQBFAFgAIAAoAE4A',
      'cmd.exe /c whoami /all', 'C:\\Program Files\\Agent\\agent.exe --id ', 'rundll32.exe shell32.dll,Control_RunDLL',
      ''][1 + h // 13 % 6] || CASE WHEN h // 13 % 6 = 3 THEN (h % 100000)::VARCHAR ELSE '' END`,
  ],
  ["LogonType", "int", "CASE WHEN h % 10 < 6 THEN 2 + h // 31 % 9 END::INTEGER"],
  ["Bytes", "long", "h // 17 % 10000000"],
  ["DurationMs", "long", "h // 19 % 60000"],
  ["Risk", "real", "CASE WHEN h % 50 > 0 THEN (h // 23 % 1000) / 1000.0 END"],
  [
    "Details",
    "dynamic",
    `'{"status":{"errorCode":' || [0, 0, 50126, 50053, 0][1 + h // 5 % 5] || ',"reason":"r' || h % 7 ||
      '"},"tags":["t' || h % 3 || '","t' || h % 5 || '"],"score":' || h % 100 || '}'`,
  ],
];

const schema: Schema = {
  table: (name) =>
    name === "Event"
      ? { name, sql: "event", columns: COLUMNS.map(([column, type]) => ({ name: column, type, sql: column })) }
      : undefined,
  names: () => ["Event"],
};

function compiled(kql: string): CompiledQuery {
  const result = compile(kql, { schema, now: 638738784000000000n });
  if (result.kind === "compiled") return result.query;
  throw new Error(`${kql}: ${result.kind === "refused" ? result.diagnostics[0]?.message : "asks for a probe"}`);
}

async function spent(engine: Engine, sql: string): Promise<{ cpu: number; count: number }> {
  const before = process.cpuUsage();
  const count = (await engine.rows(sql)).length;
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1000, count };
}

const engine = await openEngine({ threads: 2 });
const made = COLUMNS.map(([name, , sql]) => `${sql} AS ${name}`).join(", ");
await engine.rows(
  `CREATE TABLE event AS SELECT ${made} FROM (SELECT i, ${rows} AS n, (hash(i) >> 20)::BIGINT AS h FROM range(${rows}) t(i))`,
);

const results: { name: string; ratio: number }[] = [];
for (const { name, kql, sql } of QUERIES.filter((query) => query.name.includes(wanted))) {
  const query = compiled(kql);
  engine.register(query.udfs);
  const best = { kql: Number.POSITIVE_INFINITY, sql: Number.POSITIVE_INFINITY };
  for (let i = 0; i < Number(repeats); i++) {
    const ours = await spent(engine, query.sql);
    const theirs = await spent(engine, sql);
    if (ours.count !== theirs.count) throw new Error(`${name}: ${ours.count} rows in KQL, ${theirs.count} in SQL`);
    best.kql = Math.min(best.kql, ours.cpu);
    best.sql = Math.min(best.sql, theirs.cpu);
  }
  const ratio = best.kql / best.sql;
  results.push({ name, ratio });
  const cells = [best.kql.toFixed(0), best.sql.toFixed(0), ratio.toFixed(2)].map((cell) => cell.padStart(8));
  process.stdout.write(`${name.padEnd(44)}${cells.join("")}\n`);
}
engine.close();
const sorted = results.map(({ ratio }) => ratio).sort((a, b) => a - b);
const worst = results.reduce((a, b) => (b.ratio > a.ratio ? b : a));
process.stdout.write(
  `${results.length} queries, ${rows} rows: median ${sorted[sorted.length >> 1]?.toFixed(2)}, worst ${worst.ratio.toFixed(2)} (${worst.name})\n`,
);
