import { describe, expect, test } from "vitest";
import type { Stage, State } from "../../src/core/maturity.ts";
import { type Gated, gatesOf } from "../../src/maturity/gates.ts";
import { organisationStage } from "../../src/maturity/organisation.ts";
import { loadPacks } from "../../src/packs/load.ts";

const item = (id: string, gate: Gated["gate"], stage: Stage, state: State = "met"): Gated => ({
  id,
  pillar: "identities",
  requiredFrom: "initial",
  state,
  stage,
  ...(gate && { gate }),
});
const pillars = (stage: Stage) => [{ pillar: "identities" as const, stage }];

describe("gates", () => {
  test.each([
    ["every pillar is through, and the gate holds", "optimal", [item("A", "initial", "initial")], "optimal"],
    ["the gate out of Initial fails", "optimal", [item("A", "initial", "traditional", "not_met")], "initial"],
    [
      "what cannot be assessed does not hold",
      "intermediate",
      [item("A", "initial", "not_assessable", "absent")],
      "initial",
    ],
    ["an exception holds", "optimal", [item("A", "initial", "optimal", "excepted")], "optimal"],
    [
      "the lowest closed gate decides",
      "optimal",
      [item("A", "intermediate", "traditional", "not_met"), item("B", "initial", "traditional", "not_met")],
      "initial",
    ],
    ["a gate above does not lift", "initial", [item("A", "intermediate", "initial")], "initial"],
    [
      "a gate does not lower the stage that it leads out of",
      "initial",
      [item("A", "initial", "traditional", "not_met")],
      "initial",
    ],
    [
      "what sustains Optimal takes no stage away",
      "optimal",
      [item("A", "optimal", "traditional", "not_met")],
      "optimal",
    ],
    ["without gates", "optimal", [item("A", undefined, "traditional", "not_met")], "optimal"],
  ] as const)("%s", (_, stage, criteria, expected) => {
    expect(organisationStage(pillars(stage), gatesOf(criteria)).stage).toBe(expected);
  });

  test("name what does not hold, and its pillar", () => {
    const criteria = [item("A", "initial", "initial"), item("B", "initial", "traditional", "not_met")];
    const { gate, weakest } = organisationStage(pillars("optimal"), gatesOf(criteria));
    expect(gate?.criteria.map(({ id, holds }) => [id, holds])).toEqual([
      ["A", true],
      ["B", false],
    ]);
    expect(weakest).toEqual(["identities"]);
  });

  test("are the model's own next steps, and each asks for nothing beyond the stage that it leads to", () => {
    const gates = loadPacks().criteria.flatMap(({ gate, seed }) => (gate ? seed.map((phrase) => [gate, phrase]) : []));
    const of = (leaves: string): unknown[] => gates.flatMap(([gate, phrase]) => (gate === leaves ? [phrase] : []));
    expect(of("initial")).toEqual(expect.arrayContaining(["Azure Monitor", "Identity Protection"]));
    expect(of("intermediate")).toEqual(expect.arrayContaining(["Azure Policy", "Security Center"]));
    expect(of("optimal")).toEqual(
      expect.arrayContaining(["expand automation using Azure Sentinel", "predictive analytics", "incident response"]),
    );
    const ladder = ["initial", "intermediate", "optimal"];
    for (const { id, gate, stage } of loadPacks().criteria)
      if (gate) expect(ladder.indexOf(stage), id).toBeLessThanOrEqual(ladder.indexOf(gate) + 1);
  });
});
