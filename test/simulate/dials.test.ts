import { describe, expect, test } from "vitest";
import { LADDER, type LadderStage, type Stage } from "../../src/core/maturity.ts";
import { evaluateCriterion } from "../../src/maturity/criterion.ts";
import type { Measurement } from "../../src/maturity/types.ts";
import type { CriterionPack } from "../../src/packs/types.ts";
import { type Dial, type DialSetting, type DialSettings, stagesOf } from "../../src/simulate/dial.ts";
import type { TenantOptions } from "../../src/simulate/tenant.ts";
import { wilson } from "../../src/stats/wilson.ts";
import { criteria, known, Tenants, tablesOf, turnedBy } from "./dialled.ts";

const isLong = process.env.ZTLENS_LONG === "1";

const DEFAULT: TenantOptions = { users: 40, days: 4 };

/** Where the smallest tenant does not give what a threshold or a window needs. */
const SIZES: Readonly<Record<string, TenantOptions>> = {
  "AP-01": { users: 100 },
  "AP-04": { users: 100 },
  "AP-07": { users: 480 },
  "AP-08": { users: 60, days: 20 },
  "AP-13": { users: 60, days: 10 },
  "DA-10": { users: 100, days: 11 },
  "DA-12": { days: 21 },
  "DA-13": { users: 20, days: 29 },
  "DV-05": { users: 100, days: 2 },
  "DV-06": { users: 100, days: 2 },
  "DV-07": { users: 100, days: 2 },
  "DV-08": { users: 100, days: 2 },
  "DV-09": { users: 100, days: 23 },
  "DV-11": { users: 100, days: 24 },
  "DV-12": { users: 100 },
  "ID-01": { users: 100 },
  "ID-03": { users: 600, days: 1 },
  "ID-04": { users: 60, days: 16 },
  "ID-06": { users: 220, days: 15 },
  "ID-07": { users: 20, days: 12 },
  "ID-09": { users: 100 },
  "ID-11": { users: 100, days: 10 },
  "ID-14": { users: 300, days: 8 },
  "ID-15": { days: 8 },
  "IN-01": { users: 10, days: 2 },
  "IN-02": { users: 10, days: 3 },
  "IN-05": { users: 5, days: 15 },
  "IN-08": { days: 12 },
  "IN-09": { users: 5, days: 30 },
  "IN-10": { days: 15 },
  "IN-11": { users: 5, days: 15 },
  "IN-12": { users: 5, days: 15 },
  "IN-13": { users: 5, days: 12 },
  "IN-14": { users: 5, days: 30 },
  "IN-15": { users: 5, days: 30 },
  "IN-16": { users: 5, days: 30 },
  "IN-17": { users: 5, days: 30 },
  "NW-01": { rows: 10_000 },
  "NW-03": { rows: 10_000 },
  "NW-05": { days: 20, rows: 10_000 },
  "NW-06": { rows: 10_000 },
  "NW-07": { rows: 10_000 },
  "NW-10": { rows: 10_000 },
  "NW-13": { users: 120, days: 30 },
};

/** Where a dial makes another criterion's sample smaller or larger, the other stands in the middle of a stage. */
const PINNED: Readonly<Record<string, DialSettings>> = {
  "AP-01": { "AP-04": 1, "IN-01": 0.65 },
  "AP-07": { "ID-08": 0.9 },
  "DA-04": { "DA-03": 0.9 },
  "DV-06": { "DV-08": 0.9 },
  "ID-04": { "AP-07": 0.5, "AP-08": 0.5, "ID-11": 0.6, "ID-14": 0.7 },
  "IN-01": { "DA-01": 0.5, "DA-03": 0.6, "NW-09": 0.3 },
  "IN-07": { "AP-13": 0.5, "IN-10": 0.5, "NW-13": 0.5 },
  "NW-01": { "NW-03": 0.9, "NW-07": 0.9, "NW-08": 0.7 },
};

/** Numerators at which a query itself draws a line: more than eight Global Administrators are too many. */
const LINES: Readonly<Record<string, readonly number[]>> = { "ID-03": [8] };

const reaches = ({ direction }: CriterionPack, threshold: number, numerator: number, denominator: number): boolean => {
  const { low, high } = wilson(numerator, denominator);
  if (direction === "atLeast") return threshold === 1 ? numerator === denominator : low >= threshold;
  return threshold === 0 ? numerator === 0 : high <= threshold;
};

const thresholdOf = ({ thresholds }: CriterionPack, stage: LadderStage): number | undefined =>
  LADDER.slice(0, LADDER.indexOf(stage) + 1).reduce<number | undefined>(
    (own, step) => thresholds[step] ?? own,
    undefined,
  );

/** The stage that a measurement stands for. */
function stageOf(pack: CriterionPack, { numerator, perStage, denominator }: Measurement): Stage {
  let reached: Stage = "traditional";
  for (const stage of LADDER.slice(LADDER.indexOf(pack.stage))) {
    if (!reaches(pack, thresholdOf(pack, stage) ?? Number.NaN, perStage?.[stage] ?? numerator ?? 0, denominator ?? 0))
      break;
    reached = stage;
  }
  return reached;
}

/** One numerator beside a line: what the dial is set to for it, and whether the stage must change to the next one. */
interface Step {
  readonly setting: DialSetting;
  readonly stage: LadderStage | undefined;
  readonly numerator: number;
  readonly isEdge: boolean;
}

/** The setting with which a stage counts so much, those with wider targets all and those with narrower ones nothing. */
function settingOf(dial: Dial, stage: LadderStage | undefined, share: number): DialSetting {
  if (stage === undefined) return share;
  const stages = stagesOf(dial);
  const at = stages.indexOf(stage);
  return Object.fromEntries(stages.map((each, i) => [each, i < at ? 1 : i === at ? share : 0]));
}

/** The last numerator before a threshold and the first on its other side. */
function edgeOf(pack: CriterionPack, threshold: number, denominator: number): number {
  const counts = Array.from({ length: denominator + 1 }, (_, count) => count);
  const first = counts.find((count) => reaches(pack, threshold, count, denominator) === (pack.direction === "atLeast"));
  // Below the first that holds, or the last that holds.
  return (first ?? denominator + 1) - 1;
}

/** Where the stage must change, and where it must not because the criterion is first asked for at a later stage. */
function edgesOf(pack: CriterionPack, own: readonly LadderStage[], denominator: number): Map<number, boolean> {
  const edges = new Map((LINES[pack.id] ?? []).map((line) => [line, true]));
  for (const stage of own) {
    const threshold = pack.thresholds[stage];
    if (threshold === undefined) continue;
    const edge = edgeOf(pack, threshold, denominator);
    edges.set(edge, edges.get(edge) || LADDER.indexOf(stage) >= LADDER.indexOf(pack.stage));
  }
  return edges;
}

function stepsOf(pack: CriterionPack, dial: Dial, denominator: number): Step[] {
  const stages = stagesOf(dial);
  return (stages.length > 0 ? stages : [undefined]).flatMap((stage) => {
    const isOwn = (step: LadderStage): boolean => (stages.includes(step) ? step : stages.at(-1)) === stage;
    const edges = edgesOf(
      pack,
      LADDER.filter((step) => stage === undefined || isOwn(step)),
      denominator,
    );
    const numerators = [...new Set([...edges.keys()].flatMap((edge) => [edge, edge + 1]))].toSorted((a, b) => a - b);
    return numerators.map((numerator) => ({
      setting: settingOf(dial, stage, numerator / denominator),
      stage,
      numerator,
      isEdge: edges.get(numerator) ?? false,
    }));
  });
}

/** The short form asks the other criteria about one dial for each set of tables that dials change. */
function asksOthers(pack: CriterionPack): boolean {
  const tables = (id: string): string => turnedBy(id).toSorted().join(" ");
  return isLong || criteria.find(({ id }) => tables(id) === tables(pack.id)) === pack;
}

const counted = ({ perStage, numerator }: Measurement, stage: LadderStage | undefined): number | null =>
  (stage && perStage?.[stage]) ?? numerator;

async function verdicts(tenants: Tenants, packs: readonly CriterionPack[], asOf: bigint): Promise<string[]> {
  const found: string[] = [];
  for (const pack of packs) {
    const { id, state, stage } = (await tenants.judge(pack, asOf)).result;
    found.push(`${id} ${state} ${stage}`);
  }
  return found;
}

describe("the dials of the simulated tenant", () => {
  test("are one per criterion", () => {
    expect([...known.keys()].toSorted()).toEqual(criteria.map(({ id }) => id).toSorted());
  });
});

describe.each(criteria.map((pack) => [pack.id, pack] as const))("the dial of %s", (id, pack) => {
  const dial = known.get(id) as Dial;
  const size = { ...DEFAULT, ...SIZES[id] };
  const others = asksOthers(pack)
    ? criteria.filter((other) => other !== pack && tablesOf(other).some((table) => turnedBy(id).includes(table)))
    : [];

  test("moves its stage at its thresholds, and no other's", async () => {
    const tenants = await Tenants.open(size, [pack, ...others]);
    const whole = tablesOf(pack);
    const newest = [...new Set(others.flatMap(tablesOf))];
    const turned = (setting: DialSetting): DialSettings => ({ ...PINNED[id], [id]: setting });
    try {
      const [best = 0n] = await tenants.add([{ dials: turned(pack.direction === "atLeast" ? 1 : 0), whole }]);
      const { measured: top, result } = await tenants.judge(pack, best);
      expect(result.stage, result.reason).toBe("optimal");
      const denominator = top.denominator ?? 0;
      const seen: string[] = [];
      const rest: string[][] = [];
      const steps = stepsOf(pack, dial, denominator);
      const isExtreme = (i: number): boolean => i === 0 || i === steps.length - 1;
      const ends = await tenants.add(
        steps.map(({ setting }, i) => ({ dials: turned(setting), whole, ...(isExtreme(i) && { newest }) })),
      );
      for (const [i, { setting, stage, numerator }] of steps.entries()) {
        const { measured, result: judged } = await tenants.judge(pack, ends[i] ?? 0n);
        const at = `${JSON.stringify(setting)}: ${judged.reason}`;
        expect([counted(measured, stage), measured.denominator], at).toEqual([numerator, denominator]);
        expect(judged.stage, at).toBe(stageOf(pack, measured));
        seen.push(judged.stage);
        if (isExtreme(i)) rest.push(await verdicts(tenants, others, ends[i] ?? 0n));
      }
      for (const [i, { numerator, stage, isEdge }] of steps.entries()) {
        const next = steps[i + 1];
        if (next?.stage !== stage || next?.numerator !== numerator + 1) continue;
        expect(seen[i] !== seen[i + 1], `${seen[i]} to ${seen[i + 1]} between ${numerator} and the next`).toBe(isEdge);
      }
      const changed = rest[1]?.filter((each) => !rest[0]?.includes(each)) ?? [];
      expect(changed, changed.join(", ")).toEqual([]);
      // With its own count as the minimum a sample speaks, with one more it does not.
      const states = [denominator, denominator + 1].map(
        (minimum) => evaluateCriterion({ ...pack, minimum }, top).state,
      );
      expect(states).toEqual(["met", "insufficient"]);
    } finally {
      await tenants.close();
    }
  });
});
