import type { PillarResult } from "../core/assessment.ts";
import type { Pillar, Stage } from "../core/maturity.ts";
import { type Gate, gatesOf } from "./gates.ts";
import { rank } from "./thresholds.ts";

export interface OrganisationStage {
  readonly stage: Stage;
  /** The pillars that hold it there. */
  readonly weakest: readonly Pillar[];
  /** The gate that holds it where every pillar would let it pass. */
  readonly gate?: Gate;
}

/**
 * An organisation stands where its weakest pillar does: an attacker takes the weakest way in. A pillar that cannot be
 * assessed leaves the organisation not assessable, unless another already stands at the bottom. A gate that does not
 * hold keeps it at the stage that it leads out of.
 */
export function organisationStage(
  pillars: readonly Pick<PillarResult, "pillar" | "stage">[],
  gates: readonly Gate[] = [],
): OrganisationStage {
  const at = (stage: Stage): Pillar[] => pillars.filter((own) => own.stage === stage).map(({ pillar }) => pillar);
  const bottom = at("traditional");
  if (bottom.length > 0) return { stage: "traditional", weakest: bottom };
  const unknown = at("not_assessable");
  if (unknown.length > 0 || pillars.length === 0) return { stage: "not_assessable", weakest: unknown };
  const stage = pillars.map((own) => own.stage).reduce((low, own) => (rank(own) < rank(low) ? own : low));
  const gate = gates.find(({ leaves, holds }) => !holds && rank(leaves) < rank(stage));
  if (!gate) return { stage, weakest: at(stage) };
  const failing = gate.criteria.filter(({ holds }) => !holds).map(({ pillar }) => pillar);
  return { stage: gate.leaves, weakest: [...new Set(failing)], gate };
}

export interface Organisation extends OrganisationStage {
  /** From the lowest stage on. */
  readonly gates: readonly Gate[];
}

/** The organisation behind the pillars of a result. */
export function organisationOf(pillars: readonly PillarResult[]): Organisation {
  const gates = gatesOf(pillars.flatMap(({ pillar, criteria }) => criteria.map((own) => ({ ...own, pillar }))));
  return { ...organisationStage(pillars, gates), gates };
}
