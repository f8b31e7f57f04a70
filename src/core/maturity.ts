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

export const STATES = ["met", "not_met", "insufficient", "absent", "stale", "partial", "excepted"] as const;
/** `met` and `not_met` are verdicts; the others say why there is none, or that an exception covers the criterion. */
export type State = (typeof STATES)[number];

/** `atLeast`: the value must reach the threshold. `atMost`: it must not exceed it. */
export type Direction = "atLeast" | "atMost";

export type Thresholds = Readonly<Partial<Record<LadderStage, number>>>;
