import { integer, share, sharesApart } from "./format.ts";
import { type Blocker, isUnassessed, STAGE_TITLES, STATE_TITLES } from "./ladder.ts";

/** What the bound must do. A threshold of all or none is exact: no interval of finite data could reach it. */
function demand({ criterion, threshold, bound, stage }: Blocker): string | undefined {
  if (!criterion || !stage || bound === null || threshold === undefined) return undefined;
  const target = STAGE_TITLES[stage];
  if (criterion.direction === "atLeast") {
    if (threshold === 1) return `${target} needs all of them`;
    const [is, needed] = sharesApart(bound, threshold);
    return `its lower bound ${is} must reach ${needed} for ${target}`;
  }
  if (threshold === 0) return `${target} allows none`;
  const [is, allowed] = sharesApart(bound, threshold);
  return `its upper bound ${is} must not exceed ${allowed} for ${target}`;
}

/** `45,612 / 50,104 = 91.0 %; its lower bound 90.8 % must reach 95 % for Intermediate`, or why there is no verdict. */
export function arithmetic(blocker: Blocker): string {
  const { criterion } = blocker;
  if (!criterion) return "The criterion is not in the result.";
  if (isUnassessed(criterion.state)) return `${STATE_TITLES[criterion.state]}: ${criterion.reason}`;
  const needs = demand(blocker);
  if (!needs || criterion.numerator === null || criterion.denominator === null) return criterion.reason;
  return `${integer(criterion.numerator)} / ${integer(criterion.denominator)} = ${share(criterion.value)}; ${needs}`;
}
