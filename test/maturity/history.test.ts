import { beforeAll, describe, expect, test } from "vitest";
import { createAnalyzer } from "../../src/analyzer/analyzer.ts";
import { EmbeddedBackend } from "../../src/backends/embedded/backend.ts";
import type { Assessment } from "../../src/core/assessment.ts";
import { parseIsoDatetime, TICKS_PER_DAY } from "../../src/core/ticks.ts";
import { assess } from "../../src/maturity/assess.ts";
import { DEFAULTS } from "../../src/maturity/config.ts";
import { organisationStage } from "../../src/maturity/organisation.ts";
import { render as renderJson } from "../../src/outputs/json.ts";
import { render as renderTerminal } from "../../src/outputs/terminal.ts";
import { loadPacks } from "../../src/packs/load.ts";
import { preparePacks } from "../../src/packs/prepared.ts";
import type { Packs } from "../../src/packs/types.ts";
import type { JsonObject } from "../../src/tables/shape.ts";

const DAY = 86_400_000;
const END = Date.parse("2026-06-30T12:00:00Z");
const AS_OF = parseIsoDatetime("2026-06-30T12:00:00Z") ?? 0n;
const WANTED = new Set(["ID-01", "ID-02", "entra-sign-ins"]);

function somePacks(): Packs {
  const { criteria, signals } = loadPacks();
  return { criteria: criteria.filter(({ id }) => WANTED.has(id)), signals: signals.filter(({ id }) => WANTED.has(id)) };
}

/** Forty sign-ins a day for forty days; from ten days before the end on, everybody uses a second factor. */
const signIns = (): JsonObject[] =>
  Array.from({ length: 1600 }, (_, i): JsonObject => {
    const day = Math.floor(i / 40);
    return {
      TimeGenerated: new Date(END - (39 - day) * DAY - (40 - (i % 40)) * 60_000).toISOString(),
      Id: `s${i}`,
      ResultType: "0",
      UserType: "Member",
      UserPrincipalName: `user${i % 20}@contoso.com`,
      AppDisplayName: "Teams",
      ClientAppUsed: "Browser",
      AuthenticationRequirement: day >= 30 ? "multiFactorAuthentication" : "singleFactorAuthentication",
      ConditionalAccessStatus: "success",
    };
  });

async function run(step: bigint | undefined, asOf = AS_OF): Promise<Assessment> {
  const packs = somePacks();
  const backend = await EmbeddedBackend.open({ paths: [], prepared: preparePacks(packs).queries });
  try {
    await backend.addRows("SigninLogs", signIns());
    await backend.addRows("AADNonInteractiveUserSignInLogs", signIns().slice(-30));
    const options = { packs, analyzer: createAnalyzer(), configuration: DEFAULTS, asOf };
    return await assess(backend, { ...options, ...(step !== undefined && { historyStep: step }) });
  } finally {
    await backend.close();
  }
}

describe("history", () => {
  let daily: Assessment;
  beforeAll(async () => {
    daily = await run(TICKS_PER_DAY);
  });

  test("has a step per day as far as the data reach, and ends at the assessed moment", () => {
    const steps = daily.timeTravel?.steps ?? [];
    expect(steps).toHaveLength(40);
    expect(steps.at(-1)?.asOf).toBe(daily.asOf);
    expect(steps[0]?.asOf).toBe("2026-05-22T12:00:00.0000000Z");
  });

  test("says of every moment what an assessment of that moment says", async () => {
    for (const days of [0n, 5n, 20n, 38n]) {
      const then = await run(undefined, AS_OF - days * TICKS_PER_DAY);
      const step = daily.timeTravel?.steps.at(-1 - Number(days));
      expect(step?.asOf).toBe(then.asOf);
      for (const [i, { pillar, stage, blockedBy, criteria }] of then.pillars.entries()) {
        const own = step?.pillars[i];
        expect(own).toMatchObject({ pillar, stage, blockedBy });
        expect(own?.criteria).toEqual(
          criteria.map(({ id, stage: s, state, numerator, denominator, value, low, high }) => {
            return { id, stage: s, state, numerator, denominator, value, low, high };
          }),
        );
      }
    }
  });

  test("counts the events of each step once", () => {
    const rates = daily.timeTravel?.steps.map(({ pillars }) => pillars[0]?.continuousVerification) ?? [];
    const total = (name: "verified" | "failed" | "unknown"): number =>
      rates.reduce((sum, r) => sum + (r?.[name] ?? 0), 0);
    const whole = daily.pillars[0]?.continuousVerification;
    expect([total("verified"), total("failed"), total("unknown")]).toEqual([
      whole?.verified,
      whole?.failed,
      whole?.unknown,
    ]);
    expect(rates.at(-20)).toMatchObject({ verified: 0, failed: 40 });
    expect(rates.at(-1)?.failed).toBe(0);
  });

  test("confirms a stage by weeks, and never above the last bucket", async () => {
    const weekly = await run(7n * TICKS_PER_DAY);
    expect(weekly.timeTravel?.steps).toHaveLength(6);
    const shown = weekly.timeTravel?.steps.map(({ pillars }) => [pillars[0]?.stage, pillars[0]?.confirmed]);
    const sameDays = daily.timeTravel?.steps.filter((_, i) => (39 - i) % 7 === 0);
    expect(sameDays?.map(({ pillars }) => [pillars[0]?.stage, pillars[0]?.confirmed])).toEqual(shown);
  });

  test("gives every criterion below the top an outlook: a date with its skill, or the reason for none", () => {
    const [first] = daily.timeTravel?.outlooks ?? [];
    expect(first?.criterion).toBe("ID-01");
    expect(first?.reaches === null ? first.reason : first?.skill).toBeTruthy();
    expect(
      daily.timeTravel?.outlooks.every(({ reaches, reason }) => (reaches === null) === (reason !== undefined)),
    ).toBe(true);
  });

  test("is printed as JSON and on the board", () => {
    const json = JSON.parse(renderJson(daily));
    expect(json.history).toHaveLength(40);
    expect(json.organisation).toEqual({
      stage: organisationStage(daily.pillars).stage,
      weakest: expect.any(Array),
      gates: expect.any(Array),
    });
    const board = renderTerminal(daily);
    expect(board).toContain("HISTORY from 2026-05-22 to 2026-06-30");
    expect(board.split("\n").every((line) => line.length <= 100)).toBe(true);
    expect(JSON.parse(renderJson({ ...daily, timeTravel: undefined } as never)).history).toBeUndefined();
  });
});

describe("the organisation stands where its weakest pillar does", () => {
  const of = (...stages: string[]) =>
    organisationStage(stages.map((stage, i) => ({ pillar: i === 0 ? "identities" : "data", stage }) as never));
  test.each([
    [["initial", "optimal"], "initial", ["identities"]],
    [["optimal", "optimal"], "optimal", ["identities", "data"]],
    [["optimal", "not_assessable"], "not_assessable", ["data"]],
    [["traditional", "not_assessable"], "traditional", ["identities"]],
    [[], "not_assessable", []],
  ])("%j → %s", (stages, stage, weakest) => expect(of(...stages)).toEqual({ stage, weakest }));
});
