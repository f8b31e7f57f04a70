import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LADDER, STAGES } from "../../src/core/maturity.ts";
import { missing, nextStep, whatIf } from "../../src/maturity/what-if.ts";
import { definition, evaluate, measured } from "./support.ts";

const atMost = { direction: "atMost", thresholds: { initial: 0.05, intermediate: 0.01, optimal: 0 } } as const;

describe("how much is missing", () => {
  test.each([
    ["nothing", {}, measured(1000, 1000), "optimal", 0],
    ["a few", {}, measured(950, 1000), "intermediate", 14],
    ["all of them", { thresholds: { initial: 1 } }, measured(90, 100), "initial", 10],
    ["failures that must go", atMost, measured(7, 1000), "optimal", 7],
    ["more than the sample can show", {}, measured(40, 40), "optimal", undefined],
    ["data", {}, measured(5, 10), "initial", undefined],
  ] as const)("%s", (_name, changes, measurement, stage, expected) => {
    expect(missing(definition(changes), measurement, stage)).toBe(expected);
  });

  test("is enough, and one less is not", () => {
    const share = fc.integer({ min: 30, max: 3000 }).chain((n) => fc.tuple(fc.nat(n), fc.constant(n)));
    fc.assert(
      fc.property(share, fc.constantFrom(...LADDER), fc.boolean(), ([k, n], stage, falling) => {
        const changes = { ...(falling ? atMost : {}), stage };
        const needed = missing(definition(changes), measured(k, n), stage);
        const reaches = (fixed: number): boolean => {
          const result = evaluate(changes, measured(falling ? k - fixed : k + fixed, n));
          return STAGES.indexOf(result.stage as (typeof STAGES)[number]) >= STAGES.indexOf(stage);
        };
        if (needed === undefined) expect(reaches(falling ? k : n - k)).toBe(false);
        else {
          expect(reaches(needed)).toBe(true);
          if (needed > 0) expect(reaches(needed - 1)).toBe(false);
        }
      }),
    );
  });
});

describe("what if", () => {
  const mfa = [definition({ id: "A" }), measured(900, 1000)] as const;
  const legacy = [definition({ id: "B", ...atMost }), measured(8, 1000)] as const;
  const late = [definition({ id: "C", stage: "optimal" }), measured(null, null, { presentTables: [] })] as const;

  test("the stage if failures were fixed", () => {
    expect(whatIf([mfa, legacy], []).stage).toBe("initial");
    expect(whatIf([mfa, legacy], [{ criterion: "A", fixed: 70 }]).stage).toBe("initial");
    expect(
      whatIf(
        [mfa, legacy],
        [
          { criterion: "A", fixed: 70 },
          { criterion: "B", fixed: 7 },
        ],
      ).stage,
    ).toBe("intermediate");
    expect(
      whatIf(
        [mfa, legacy],
        [
          { criterion: "A", fixed: 5000 },
          { criterion: "B", fixed: 5000 },
        ],
      ).stage,
    ).toBe("optimal");
  });

  test("the next step, least first, and what needs data", () => {
    expect(nextStep("identities", [mfa, legacy, late])).toEqual({
      pillar: "identities",
      from: "initial",
      to: "intermediate",
      fixes: [
        { criterion: "B", fixed: 5 },
        { criterion: "A", fixed: 64 },
      ],
      needsData: [],
    });
    const good = [definition({ id: "A" }), measured(10_000, 10_000)] as const;
    expect(nextStep("identities", [good, late])).toMatchObject({
      from: "intermediate",
      to: "optimal",
      fixes: [],
      needsData: ["C"],
    });
    expect(nextStep("identities", [good])).toBeUndefined();
    expect(nextStep("identities", [])).toBeUndefined();
  });

  test("taking the step reaches the stage", () => {
    const step = nextStep("identities", [mfa, legacy]);
    expect(whatIf([mfa, legacy], step?.fixes ?? []).stage).toBe(step?.to);
  });
});
