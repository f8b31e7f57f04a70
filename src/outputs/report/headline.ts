import type { Assessment } from "../../core/assessment.ts";
import { PILLAR_TITLES, STAGES } from "../../core/maturity.ts";
import { organisationOf } from "../../maturity/organisation.ts";
import { plural } from "../view/format.ts";
import { STAGE_TITLES } from "../view/ladder.ts";

const list = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

/** Where the organisation as a whole stands, and what the gate out of it still asks for. */
function organisation({ pillars }: Assessment): string {
  const { stage, gates } = organisationOf(pillars);
  const closed = gates.find(({ holds }) => !holds);
  const ids = closed?.criteria.filter(({ holds }) => !holds).map(({ id }) => id) ?? [];
  const aim = closed?.leaves === "optimal" ? "sustain Optimal" : `leave ${closed ? STAGE_TITLES[closed.leaves] : ""}`;
  const gate = closed ? ` To ${aim}, ${list(ids)} must hold.` : "";
  return stage === "not_assessable" ? gate : ` The organisation is at ${STAGE_TITLES[stage]}.${gate}`;
}

/** The report in a few sentences: the weakest and the strongest pillars, and what cannot be assessed, and the organisation. */
export function headline(assessment: Assessment): string {
  const { pillars } = assessment;
  if (pillars.length === 0) return "No pillar was evaluated.";
  const whole = organisation(assessment);
  const open = pillars.filter(({ stage }) => stage === "not_assessable");
  const placed = STAGES.flatMap((stage) => {
    const names = pillars.filter((pillar) => pillar.stage === stage).map(({ pillar }) => PILLAR_TITLES[pillar]);
    return names.length > 0 ? [`${list(names)} ${names.length === 1 ? "is" : "are"} at ${STAGE_TITLES[stage]}`] : [];
  });
  const known = placed.length > 0 ? `${placed.join("; ")}.` : "";
  if (open.length === 0) return `${known}${whole}`;
  const names = list(open.map(({ pillar }) => PILLAR_TITLES[pillar]));
  const unknown = open.length === pillars.length ? `None of ${plural(open.length, "pillar")}` : `${names}`;
  return `${known} ${unknown} ${open.length === pillars.length ? "can" : "cannot"} be assessed with the data at hand.${whole}`.trim();
}
