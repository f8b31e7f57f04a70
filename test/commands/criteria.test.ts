import { expect, test } from "vitest";
import { PILLAR_TITLES } from "../../src/core/maturity.ts";
import { loadPacks } from "../../src/packs/load.ts";
import { ztlens } from "../support/ztlens.ts";

/** The words of the maturity model, each with a criterion that answers it. */
const PHRASES: readonly (readonly [phrase: string, id: string])[] = [
  ["MFA", "ID-01"],
  ["RBAC", "ID-03"],
  ["network segmentation", "NW-03"],
  ["segment traffic between specific services", "NW-03"],
  ["VNETs", "NW-01"],
  ["Azure Monitor", "IN-01"],
  ["Identity Protection", "ID-06"],
  ["API Management", "AP-03"],
  ["Conditional Access", "ID-08"],
  ["Azure Policy", "IN-06"],
  ["Security Center", "IN-04"],
  ["PIM", "IN-10"],
  ["Privileged Identity Management", "ID-11"],
  ["real-time anomaly detection", "IN-15"],
  ["encryption at rest", "DA-02"],
  ["encryption in transit", "DA-01"],
  ["traffic encryption policies", "AP-05"],
  ["Azure Sentinel", "IN-13"],
  ["expand automation using Azure Sentinel", "IN-12"],
  ["incident response", "IN-11"],
  ["predictive analytics", "DA-13"],
  ["DLP policies", "DA-09"],
  ["data loss prevention", "AP-12"],
  ["App Gateway", "AP-06"],
  ["ARM", "IN-07"],
  ["Bicep", "IN-07"],
  ["Terraform", "IN-07"],
  ["IaC", "IN-07"],
  ["consolidate into Azure AD", "ID-05"],
  ["device compliance", "DV-03"],
  ["device health", "DV-07"],
  ["response to unauthorized endpoints", "DV-06"],
];

test("every phrase of the model is listed with the criteria that answer it", async () => {
  const { code, out } = await ztlens(["criteria", "--seed", "--json"]);
  expect(code).toBe(0);
  const listed = JSON.parse(out) as Record<string, string[]>;
  for (const title of Object.values(PILLAR_TITLES)) expect(listed[title]?.length, title).toBeGreaterThan(10);
  for (const [phrase, id] of PHRASES) expect(listed[phrase] ?? [], phrase).toContain(id);
  expect(new Set(Object.values(listed).flat()).size).toBe(83);
});

test("the model has 83 criteria, numbered without a gap in each pillar", () => {
  const counts = { ID: 15, DV: 12, AP: 13, NW: 13, DA: 13, IN: 17 };
  const expected = Object.entries(counts).flatMap(([prefix, count]) =>
    Array.from({ length: count }, (_, i) => `${prefix}-${String(i + 1).padStart(2, "0")}`),
  );
  expect(
    loadPacks()
      .criteria.map(({ id }) => id)
      .sort(),
  ).toEqual(expected.sort());
});
