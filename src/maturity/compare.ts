import type { Assessment, CriterionResult } from "../core/assessment.ts";
import type { Pillar, Stage, State } from "../core/maturity.ts";
import { benjaminiHochberg } from "../stats/benjamini-hochberg.ts";
import { twoProportions } from "../stats/two-proportions.ts";
import { percent, stageTitle } from "./format.ts";
import { rank } from "./thresholds.ts";

/** `lost` and `gained`: a verdict became impossible, or possible. `added` and `removed`: the criterion itself. */
export type ChangeKind = "improved" | "worsened" | "lost" | "gained" | "added" | "removed" | "unchanged";

export interface CriterionChange {
  readonly id: string;
  readonly name: string;
  readonly pillar: Pillar;
  readonly kind: ChangeKind;
  readonly before: Side | null;
  readonly after: Side | null;
  /** Probability of a difference as large without a change, adjusted for the number of criteria compared. */
  readonly qValue: number | null;
  readonly reason: string;
}

interface Side {
  readonly state: State;
  readonly stage: Stage;
  readonly value: number | null;
}

export interface PillarChange {
  readonly pillar: Pillar;
  readonly before: Stage;
  readonly after: Stage;
  /** Criteria that changed and block the pillar in one result alone: what moved the stage. */
  readonly because: readonly string[];
}

export interface Comparison {
  readonly before: string;
  readonly after: string;
  readonly pillars: readonly PillarChange[];
  /** Every criterion of either result, the changed ones first. */
  readonly criteria: readonly CriterionChange[];
}

const SIGNIFICANT = 0.05;

interface Pair {
  readonly pillar: Pillar;
  readonly before: CriterionResult | undefined;
  readonly after: CriterionResult | undefined;
}

function pairs(before: Assessment, after: Assessment): Pair[] {
  const index = (assessment: Assessment): Map<string, readonly [Pillar, CriterionResult]> =>
    new Map(assessment.pillars.flatMap(({ pillar, criteria }) => criteria.map((c) => [c.id, [pillar, c] as const])));
  const [old, now] = [index(before), index(after)];
  return [...new Set([...old.keys(), ...now.keys()])].sort().map((id) => {
    const [was, is] = [old.get(id), now.get(id)];
    return { pillar: (is ?? was)?.[0] as Pillar, before: was?.[1], after: is?.[1] };
  });
}

function pValue({ before, after }: Pair): number | null {
  const counted = (side: CriterionResult | undefined): readonly [number, number] | undefined =>
    side?.value != null && side.numerator !== null && side.denominator ? [side.numerator, side.denominator] : undefined;
  const [was, is] = [counted(before), counted(after)];
  return was && is ? twoProportions(...was, ...is) : null;
}

/** Better is up for `atLeast` and down for `atMost`; a changed query or direction makes values incomparable. */
function movement(before: CriterionResult, after: CriterionResult, significant: boolean): ChangeKind {
  const stages = rank(after.stage) - rank(before.stage);
  if (stages !== 0) return stages > 0 ? "improved" : "worsened";
  if (!significant || before.direction !== after.direction || before.queryDigest !== after.queryDigest)
    return "unchanged";
  const rise = (after.value ?? 0) - (before.value ?? 0);
  return rise > 0 === (after.direction === "atLeast") ? "improved" : "worsened";
}

function kindOf({ before, after }: Pair, significant: boolean): ChangeKind {
  if (!before) return "added";
  if (!after) return "removed";
  const [was, is] = [rank(before.stage) >= 0, rank(after.stage) >= 0];
  if (was !== is) return is ? "gained" : "lost";
  return was ? movement(before, after, significant) : "unchanged";
}

const described = ({ state, stage, value }: Side): string =>
  rank(stage) < 0 ? state : `${stageTitle(stage)}${value === null ? "" : ` at ${percent(value)}`}`;

function reasonOf({ before, after }: Pair, kind: ChangeKind, qValue: number | null): string {
  const [was, is] = [before ? described(before) : "not measured", after ? described(after) : "not measured"];
  if (kind === "lost") return `Was ${was}; now there is no verdict: ${after?.reason ?? ""}`;
  if (kind === "gained") return `Now ${is}; before there was no verdict: ${before?.reason ?? ""}`;
  const odds = qValue === null ? "" : ` (q ${qValue < 1e-4 ? "< 0.0001" : `= ${qValue.toPrecision(2)}`})`;
  const query = before && after && before.queryDigest !== after.queryDigest ? " The query itself has changed." : "";
  return kind === "unchanged" && was === is ? `Still ${is}${odds}.${query}` : `From ${was} to ${is}${odds}.${query}`;
}

const side = (result: CriterionResult | undefined): Side | null =>
  result ? { state: result.state, stage: result.stage, value: result.value } : null;

/**
 * What changed between two results and why. Values are compared by a two-proportion test; as dozens are tested at once,
 * the p-values are adjusted after Benjamini and Hochberg, and a difference that chance explains is no change.
 */
export function compareAssessments(before: Assessment, after: Assessment): Comparison {
  const all = pairs(before, after);
  const tested = all.flatMap((pair) => pValue(pair) ?? []);
  const adjusted = benjaminiHochberg(tested)[Symbol.iterator]();
  const criteria = all.map((pair): CriterionChange => {
    const qValue = pValue(pair) === null ? null : (adjusted.next().value ?? null);
    const kind = kindOf(pair, qValue !== null && qValue <= SIGNIFICANT);
    const { id, name } = (pair.after ?? pair.before) as CriterionResult;
    const sides = { before: side(pair.before), after: side(pair.after) };
    return { id, name, pillar: pair.pillar, kind, ...sides, qValue, reason: reasonOf(pair, kind, qValue) };
  });
  const changed = new Set(criteria.filter(({ kind }) => kind !== "unchanged").map(({ id }) => id));
  return {
    before: before.asOf,
    after: after.asOf,
    pillars: after.pillars.map(({ pillar, stage, blockedBy }) => {
      const old = before.pillars.find((candidate) => candidate.pillar === pillar);
      const blockers = [...new Set([...blockedBy, ...(old?.blockedBy ?? [])])];
      const inOneAlone = blockers.filter((id) => blockedBy.includes(id) !== (old?.blockedBy ?? []).includes(id));
      return {
        pillar,
        before: old?.stage ?? "not_assessable",
        after: stage,
        because: inOneAlone.filter((id) => changed.has(id)),
      };
    }),
    criteria: criteria.sort((a, b) => Number(b.kind !== "unchanged") - Number(a.kind !== "unchanged")),
  };
}
