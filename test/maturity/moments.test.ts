import { expect, test } from "vitest";
import type { Assessment } from "../../src/core/assessment.ts";
import { momentOf, outlookOf, valuesOf, withHistory } from "../../src/maturity/moments.ts";
import { contoso } from "../outputs/fixtures.ts";

const { history: _, ...now } = contoso;
const at = (asOf: string): Assessment => ({ ...now, asOf });
const [criterion] = contoso.pillars[0]?.criteria ?? [];
if (!criterion) throw new Error("no criterion");

test("earlier results become moments, each once, oldest first, none after the present", () => {
  const days = ["2026-11-03", "2026-11-01", "2026-11-03", "2026-11-20", "2026-11-25"].map((day) =>
    at(`${day}T12:00:00.0000000Z`),
  );
  const { history } = withHistory(at("2026-11-20T12:00:00.0000000Z"), days);
  expect(history?.map(({ asOf }) => asOf.slice(0, 10))).toEqual(["2026-11-01", "2026-11-03"]);
  expect(withHistory(now, []).history).toBeUndefined();
});

test("the history of earlier results is taken along", () => {
  const first = withHistory(at("2026-11-02T12:00:00.0000000Z"), [at("2026-11-01T12:00:00.0000000Z")]);
  const second = withHistory(at("2026-11-03T12:00:00.0000000Z"), [first]);
  expect(second.history?.map(({ asOf }) => asOf.slice(0, 10))).toEqual(["2026-11-01", "2026-11-02"]);
});

test("a moment holds what charts need", () => {
  const moment = momentOf(contoso);
  expect(moment.pillars[0]).toEqual({ pillar: "identities", stage: "initial", rate: expect.any(Number) });
  expect(moment.criteria[0]).toEqual({ id: "ID-01", state: "met", stage: "initial", value: 45_612 / 50_104 });
});

test("values follow the criterion, and a criterion that did not exist has none", () => {
  expect(valuesOf(contoso, criterion)).toHaveLength(15);
  expect(valuesOf(contoso, { ...criterion, id: "new" }).slice(0, -1)).toEqual(new Array(14).fill(null));
});

test("a steady trend is foretold, however many moments there are", () => {
  const many: Assessment = {
    ...contoso,
    history: Array.from({ length: 400 }, (_, day) => ({
      asOf: new Date(Date.parse(contoso.asOf) - (400 - day) * 86_400_000).toISOString(),
      pillars: [],
      criteria: [{ id: "ID-01", state: "met", stage: "initial", value: 0.7 + day * 0.0005 }],
    })),
  };
  const outlook = outlookOf(many, criterion, "intermediate");
  expect(outlook).toMatchObject({ forecast: { perWeek: expect.closeTo(0.0035, 3) } });
});
