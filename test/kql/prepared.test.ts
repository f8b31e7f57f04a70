import { describe, expect, test } from "vitest";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import { parseIsoDatetime, TICKS_PER_DAY } from "../../src/core/ticks.ts";
import { prepare } from "../../src/kql/prepare.ts";
import type { PreparedQuery } from "../../src/kql/prepared.ts";
import { catalogueSchema } from "../../src/packs/catalogue.ts";

const NOW = parseIsoDatetime("2026-06-30T12:00:00Z") ?? 0n;
const WEEK = { now: NOW, timespan: { start: NOW - 7n * TICKS_PER_DAY, end: NOW + 1n } };

const TEXTS = [
  "Heartbeat | where TimeGenerated > ago(2d) | summarize N = count() by Computer | sort by Computer asc",
  "Heartbeat | extend Age = now() - TimeGenerated, Day = startofday(now(-1d)) | project Computer, Age, Day | sort by Age asc",
  "union isfuzzy=true Heartbeat, SecurityEvent | summarize count() by Type, has = isnotempty(column_ifexists('Extra', ''))",
  "let T = materialize(Heartbeat | where Computer has 'srv'); T | join kind=inner T on Computer | count",
  "Heartbeat | mv-expand X = parse_json('[1, 639000000000000007]') to typeof(long) | summarize sum(X)",
  "datatable(N: long)[5, -7] | summarize Numerator = sum(N)",
];

function ready(text: string): PreparedQuery {
  const prepared = prepare(text, catalogueSchema);
  if (!prepared) throw new Error(`not prepared: ${text}`);
  return prepared;
}

async function opened(prepared: ReadonlyMap<string, PreparedQuery>, extra = {}): Promise<EmbeddedBackend> {
  const backend = await EmbeddedBackend.open({ paths: [], prepared });
  await backend.addRows("Heartbeat", [
    { TimeGenerated: "2026-06-30T11:00:00Z", Computer: "srv-1", Type: "Heartbeat", ...extra },
    { TimeGenerated: "2026-06-27T11:00:00Z", Computer: "srv-2", Type: "Heartbeat" },
    { TimeGenerated: "2026-06-01T11:00:00Z", Computer: "srv-3", Type: "Heartbeat" },
  ]);
  return backend;
}

describe("a prepared query", () => {
  test.each(TEXTS)("answers as the compiled one does: %s", async (text) => {
    const [fast, exact] = [await opened(new Map([[text, ready(text)]])), await opened(new Map())];
    for (const days of [0n, 3n, 200n]) {
      const end = WEEK.timespan.end - days * TICKS_PER_DAY;
      const options = { now: NOW - days * TICKS_PER_DAY, timespan: { start: WEEK.timespan.start - 9n, end } };
      expect(await fast.query(text, options)).toEqual(await exact.query(text, options));
    }
    await Promise.all([fast.close(), exact.close()]);
  });

  test("steps aside where a table has a column of its own that the text names", async () => {
    const [, , text = ""] = TEXTS;
    const backend = await opened(new Map([[text, ready(text)]]), { Extra: "x" });
    const { rows } = await backend.query(text, WEEK);
    expect(rows.map(([, has]) => has).sort()).toEqual([false, true]);
    await backend.close();
  });

  test.each([
    "search 'x'",
    "union * | count",
    "Heartbeat | evaluate bag_unpack(todynamic(Computer))",
    "Heartbeat | wher",
    "NoSuchTable | count",
  ])("is refused where its plan depends on more than the clock: %s", (text) => {
    expect(prepare(text, catalogueSchema)).toBeUndefined();
  });
});
