import type { PillarResult } from "../core/assessment.ts";
import type { Pillar, Stage } from "../core/maturity.ts";
import { rank } from "./thresholds.ts";

export interface OrganisationStage {
  readonly stage: Stage;
  /** The pillars that hold it there. */
  readonly weakest: readonly Pillar[];
}

/**
 * An organisation stands where its weakest pillar does: an attacker takes the weakest way in. A pillar that cannot be
 * assessed leaves the organisation not assessable, unless another already stands at the bottom.
 */
export function organisationStage(pillars: readonly Pick<PillarResult, "pillar" | "stage">[]): OrganisationStage {
  const at = (stage: Stage): Pillar[] => pillars.filter((own) => own.stage === stage).map(({ pillar }) => pillar);
  const bottom = at("traditional");
  if (bottom.length > 0) return { stage: "traditional", weakest: bottom };
  const unknown = at("not_assessable");
  if (unknown.length > 0 || pillars.length === 0) return { stage: "not_assessable", weakest: unknown };
  const stage = pillars.map((own) => own.stage).reduce((low, own) => (rank(own) < rank(low) ? own : low));
  return { stage, weakest: at(stage) };
}
