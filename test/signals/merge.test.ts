import fc from "fast-check";
import { expect, test } from "vitest";
import { Analyzer } from "../../src/analyzer/analyzer.ts";
import type { ColumnBatch } from "../../src/backends/types.ts";
import { alignByTime } from "../../src/signals/merge.ts";
import { at, byTime } from "../analyzer/support.ts";
import { batchOf, type Row } from "./support.ts";

async function* stream(rows: readonly Row[], size: number, closed?: () => void): AsyncGenerator<ColumnBatch> {
  try {
    for (let start = 0; start < rows.length; start += size) yield batchOf(rows.slice(start, start + size));
  } finally {
    closed?.();
  }
}

const times = ({ columns }: ColumnBatch): string[] => (columns.get("TimeGenerated") ?? []).map(String);

async function collect(streams: readonly AsyncIterable<ColumnBatch>[]): Promise<ColumnBatch[][]> {
  const groups: ColumnBatch[][] = [];
  for await (const group of alignByTime(streams)) groups.push(group);
  return groups;
}

const offsets = fc.array(fc.nat(50), { maxLength: 30 });

test("no row is lost, and no group reaches back before an earlier one", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(offsets, { maxLength: 4 }), fc.integer({ min: 1, max: 7 }), async (lists, size) => {
      const sorted = lists.map((list) => byTime(list.map((offset) => at(offset * 1000))));
      const groups = await collect(sorted.map((rows) => stream(rows, size)));
      const ids = groups.flat().flatMap(({ columns }) => columns.get("EventId") ?? []);
      expect(ids.toSorted()).toEqual(
        sorted
          .flat()
          .map(({ EventId }) => EventId)
          .toSorted(),
      );
      let before = "";
      for (const group of groups) {
        const all = group.flatMap(times);
        for (const time of all) expect(time >= before).toBe(true);
        before = all.toSorted().at(-1) ?? before;
      }
    }),
  );
});

test("several queries are analysed as one stream, with no row late", async () => {
  const lists = [1, 7, 60].map((step) => Array.from({ length: 200 }, (_, i) => at(i * step * 60_000)));
  const analyzer = new Analyzer({ lateness: 0 });
  for (const group of [await collect(lists.map((rows) => stream(rows, 16)))].flat())
    analyzer.pushAligned("data", group);
  analyzer.finish();
  expect(analyzer.accounts().get("data")).toMatchObject({ rows: 600, accepted: 600, late: 0 });
});

test("an error is passed on and the other streams are closed", async () => {
  const broken = async function* (): AsyncGenerator<ColumnBatch> {
    yield batchOf([at(0)]);
    throw new Error("connection lost");
  };
  let closed = 0;
  const other = stream(
    Array.from({ length: 50 }, (_, i) => at(i * 1000)),
    5,
    () => {
      closed += 1;
    },
  );
  await expect(collect([broken(), other])).rejects.toThrow("connection lost");
  expect(closed).toBe(1);
});
