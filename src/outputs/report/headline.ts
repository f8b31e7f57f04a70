import type { Assessment } from "../../core/assessment.ts";
import { PILLAR_TITLES, STAGES } from "../../core/maturity.ts";
import { plural } from "../view/format.ts";
import { STAGE_TITLES } from "../view/ladder.ts";

const list = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

/** The report in two sentences: the weakest and the strongest pillars, and what cannot be assessed. */
export function headline({ pillars }: Assessment): string {
  if (pillars.length === 0) return "No pillar was evaluated.";
  const open = pillars.filter(({ stage }) => stage === "not_assessable");
  const placed = STAGES.flatMap((stage) => {
    const names = pillars.filter((pillar) => pillar.stage === stage).map(({ pillar }) => PILLAR_TITLES[pillar]);
    return names.length > 0 ? [`${list(names)} ${names.length === 1 ? "is" : "are"} at ${STAGE_TITLES[stage]}`] : [];
  });
  const known = placed.length > 0 ? `${placed.join("; ")}.` : "";
  if (open.length === 0) return known;
  const names = list(open.map(({ pillar }) => PILLAR_TITLES[pillar]));
  const unknown = open.length === pillars.length ? `None of ${plural(open.length, "pillar")}` : `${names}`;
  return `${known} ${unknown} ${open.length === pillars.length ? "can" : "cannot"} be assessed with the data at hand.`.trim();
}
