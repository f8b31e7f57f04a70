export const PILLARS = ["identities", "devices", "applications", "network", "data", "infrastructure"] as const;
export type Pillar = (typeof PILLARS)[number];

export const PILLAR_TITLES: Readonly<Record<Pillar, string>> = {
  identities: "Identities",
  devices: "Devices",
  applications: "Applications & APIs",
  network: "Network",
  data: "Data",
  infrastructure: "Infrastructure",
};

/** The stages that a criterion has thresholds for, in order. */
export const LADDER = ["initial", "intermediate", "optimal"] as const;
export type LadderStage = (typeof LADDER)[number];

export const STAGES = ["traditional", ...LADDER] as const;
export type Stage = (typeof STAGES)[number] | "not_assessable";

export const STAGE_TITLES: Readonly<Record<Stage, string>> = {
  traditional: "Traditional",
  initial: "Initial",
  intermediate: "Intermediate",
  optimal: "Optimal",
  not_assessable: "Not assessable",
};

export const STATES = ["met", "not_met", "insufficient", "absent", "stale", "partial", "excepted"] as const;
/** `met` and `not_met` are verdicts; the others say why there is none, or that an exception covers the criterion. */
export type State = (typeof STATES)[number];

export const STATE_TITLES: Readonly<Record<State, string>> = {
  met: "met",
  not_met: "not met",
  insufficient: "too few events",
  absent: "no data",
  stale: "stale data",
  partial: "partial data",
  excepted: "excepted",
};

/** The states without a verdict: the data do not allow one. */
const UNASSESSED: ReadonlySet<State> = new Set(["insufficient", "absent", "stale", "partial"]);

export const isUnassessed = (state: State): boolean => UNASSESSED.has(state);

/** `atLeast`: the value must reach the threshold. `atMost`: it must not exceed it. */
export type Direction = "atLeast" | "atMost";

export type Thresholds = Readonly<Partial<Record<LadderStage, number>>>;
