import { afterAll, beforeAll, expect, test } from "vitest";
import type { EmbeddedBackend } from "../../../src/backends/embedded/backend.ts";
import { IncompleteDataError } from "../../../src/core/errors.ts";
import type { QueryResult } from "../../../src/core/kusto.ts";
import { type Fault, HEAVY_FAULTS, PASSING_FAULTS } from "../../servers/faults.ts";
import { engineOf, openWorkspace, signIns } from "../logs/support.ts";

/*
 * A service that fails at random in every way that passes, cuts answers and runs out of time. Each query has a known
 * answer: it comes whole, or it is said to be partial and why.
 */
const QUERIES = process.env.ZTLENS_LONG === "1" ? 1000 : 120;
const ROWS = 400;
const FAULTS: readonly Fault[] = [...Object.values(PASSING_FAULTS), ...Object.values(HEAVY_FAULTS)];

/** A repeatable stream of numbers in [0, 1): the run that failed can be run again. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

let engine: EmbeddedBackend;
const answers = new Map<string, QueryResult>();
const answer = async (query: string): Promise<QueryResult> => {
  const known = answers.get(query) ?? (await engine.query(query));
  answers.set(query, known);
  return known;
};
beforeAll(async () => {
  engine = await engineOf({ SigninLogs: signIns(ROWS, 600) });
});
afterAll(() => engine.close());

const TEXTS = [
  "SigninLogs | project TimeGenerated, Id, UserPrincipalName",
  "SigninLogs | where ResultType == '0' | project Id",
  "SigninLogs | summarize Numerator = countif(ResultType == '0'), Denominator = count()",
  "SigninLogs | summarize Failed = countif(ResultType != '0') by UserPrincipalName | where Failed > 0 | sort by Failed desc, UserPrincipalName asc",
  "SigninLogs | project TimeGenerated, Id\n| sort by TimeGenerated asc",
];

const sorted = (rows: QueryResult["rows"]): string[] => rows.map((row) => JSON.stringify(row)).sort();

test(`${QUERIES} queries against every failure: no row lost, none twice, or partial with its cause`, async () => {
  const roll = dice(20_260_101);
  const hits = new Map<Fault, number>();
  const { server, backend, close } = await openWorkspace(
    {
      answer,
      maxRows: 150,
      fault: () => {
        if (roll() > 0.3) return undefined;
        const fault = FAULTS[Math.floor(roll() * FAULTS.length)];
        if (fault) hits.set(fault, (hits.get(fault) ?? 0) + 1);
        return fault;
      },
    },
    { sliceRows: 100, limits: { concurrency: 5, rate: 100_000, period: 1 } },
  );
  const counts = { whole: 0, partial: 0, streamed: 0 };
  try {
    for (let i = 0; i < QUERIES; i++) {
      const text = TEXTS[i % TEXTS.length] as string;
      const expected = await answer(text);
      if (text.endsWith("sort by TimeGenerated asc")) {
        try {
          const rows: string[] = [];
          for await (const batch of backend.stream(text)) rows.push(...(batch.columns.get("Id") ?? []).map(String));
          // A stream has an order; the slices come in it.
          expect(rows).toEqual(expected.rows.map((row) => row[1]));
          counts.streamed += 1;
        } catch (error) {
          if (!(error instanceof IncompleteDataError)) throw error;
          expect(error.message).toMatch(/HTTP|answer|socket|terminated|moment|time/);
          counts.partial += 1;
        }
        continue;
      }
      try {
        const { rows, partial } = await backend.query(text);
        if (partial === undefined) expect(sorted(rows)).toEqual(sorted(expected.rows));
        else expect(partial).not.toBe("");
        counts[partial === undefined ? "whole" : "partial"] += 1;
      } catch (error) {
        if (!(error instanceof IncompleteDataError)) throw error;
        expect(error.message).toMatch(/HTTP|answer|socket|terminated|moment|time/);
        counts.partial += 1;
      }
    }
  } finally {
    await close();
  }
  process.stderr.write(
    `faults: ${JSON.stringify(counts)}, ${server.asked.length} requests, ${backend.journal.retries} repeats\n`,
  );
  expect(hits.size).toBe(FAULTS.length);
  expect(counts.whole + counts.streamed).toBeGreaterThan(QUERIES * 0.7);
});
