import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import type { ColumnBatch } from "../../src/backends/types.ts";
import { PILLARS, type Pillar } from "../../src/core/maturity.ts";
import { parseIsoDatetime, TICKS_PER_DAY } from "../../src/core/ticks.ts";
import { FIXTURE_AS_OF, fixtureRows } from "../../src/packs/fixtures.ts";
import { loadPacks } from "../../src/packs/load.ts";
import { preparePacks } from "../../src/packs/prepared.ts";
import type { Fixture } from "../../src/packs/schema.ts";
import { inTimeOrder } from "../../src/packs/statements.ts";
import { Lineage } from "../../src/signals/lineage.ts";
import { alignByTime } from "../../src/signals/merge.ts";
import type { JsonObject } from "../../src/tables/shape.ts";
import { at } from "../analyzer/support.ts";
import { batchOf, type Row } from "./support.ts";

interface Case {
  readonly name: string;
  readonly tables: Fixture["tables"];
  readonly events: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const cases = parse(readFileSync(new URL("lineage.yaml", import.meta.url), "utf8"), { merge: true }) as Case[];
const packs = loadPacks();
const prepared = preparePacks(packs).queries;

const eventsOf = ({ columns, rowCount }: ColumnBatch): (readonly [string, Record<string, unknown>])[] =>
  Array.from({ length: rowCount }, (_, row) => [
    String(columns.get("EventId")?.[row]).split("/")[0] ?? "",
    Object.fromEntries([...columns].map(([name, cells]) => [name, cells[row]])),
  ]);

test.each(cases.map((own) => [own.name, own] as const))("%s", async (_, { tables, events }) => {
  const backend = await EmbeddedBackend.open({ paths: [], prepared });
  for (const [table, rows] of fixtureRows({ tables })) await backend.addRows(table, rows as JsonObject[]);
  const now = parseIsoDatetime(FIXTURE_AS_OF) ?? 0n;
  const options = { now, timespan: { start: now - 30n * TICKS_PER_DAY, end: now + TICKS_PER_DAY } };
  const lineage = new Lineage();
  const found = new Map<string, Record<string, unknown>>();
  for (const pillar of PILLARS) {
    const own = packs.signals.filter((pack) => pack.pillar === pillar);
    for await (const group of alignByTime(own.map(({ query }) => backend.stream(inTimeOrder(query), options))))
      for (const batch of lineage.trace(pillar, group)) for (const [id, row] of eventsOf(batch)) found.set(id, row);
  }
  await backend.close();
  for (const [id, facets] of Object.entries(events)) expect(found.get(id), id).toMatchObject(facets);
});

const signIn = (ms: number, id: string, facets: Partial<Row> = {}): Row => ({
  ...at(ms),
  TokenId: id,
  SessionId: "",
  Identity: "verified",
  Device: "unknown",
  Policy: "failed",
  Session: "unknown",
  ...facets,
});
const call = (ms: number, id: string): Row =>
  signIn(ms, id, { Identity: "unknown", Policy: "unknown", Session: "unknown" });
const traced = (lineage: Lineage, pillar: Pillar, rows: readonly Row[]): readonly unknown[] =>
  lineage.trace(pillar, [batchOf(rows)])[0]?.columns.get("Identity") ?? [];

test("forgets the oldest sign-ins beyond its capacity, and says how many", () => {
  const lineage = new Lineage(undefined, 3);
  traced(
    lineage,
    "identities",
    [1, 2, 3, 4, 5].map((i) => signIn(i * 1000, `t${i}`)),
  );
  const calls = [1, 2, 3, 4, 5].map((i) => call(10_000, `t${i}`));
  expect(traced(lineage, "applications", calls)).toEqual(["unknown", "unknown", "verified", "verified", "verified"]);
  expect(lineage.counts()).toEqual({ calls: 5, inherited: 3, forgotten: 2 });
});

test("does not depend on how the sign-ins were batched", () => {
  const rows = Array.from({ length: 40 }, (_, i) =>
    signIn(i * 1000, `t${i}`, { SessionId: `s${i % 5}`, Identity: i % 5 === 0 || i > 8 ? "unknown" : "verified" }),
  );
  const whole = traced(new Lineage(), "identities", rows);
  const lineage = new Lineage();
  const parts = [0, 1, 3, 20].flatMap((start, i, all) => traced(lineage, "identities", rows.slice(start, all[i + 1])));
  expect(parts).toEqual(whole);
  expect(whole.filter((state) => state === "verified").length).toBeGreaterThan(20);
});

test("continues from its snapshot, which keeps the newest", () => {
  const first = new Lineage();
  traced(
    first,
    "identities",
    [1, 2, 3].map((i) => signIn(i * 1000, `t${i}`)),
  );
  const next = new Lineage(JSON.parse(JSON.stringify(first.snapshot(2))));
  expect(
    traced(
      next,
      "data",
      [1, 2, 3].map((i) => call(9000, `t${i}`)),
    ),
  ).toEqual(["unknown", "verified", "verified"]);
});

test("hands a batch on as it is where nothing is inherited", () => {
  const batch = batchOf([call(0, "x")]);
  expect(new Lineage().trace("data", [batch])[0]).toBe(batch);
});
