import type { Pillar } from "../core/maturity.ts";

/** 0 traditional, 1 initial, 2 intermediate, 3 optimal. */
export type Level = 0 | 1 | 2 | 3;

export const PROFILES = ["good", "bad", "mixed"] as const;
export type Profile = (typeof PROFILES)[number];

/** The stage that each pillar of a profile lives at. */
export const PROFILE_LEVELS: Readonly<Record<Profile, Readonly<Record<Pillar, Level>>>> = {
  good: { identities: 3, devices: 3, applications: 3, network: 3, data: 3, infrastructure: 3 },
  bad: { identities: 0, devices: 0, applications: 0, network: 0, data: 0, infrastructure: 0 },
  mixed: { identities: 2, devices: 1, applications: 2, network: 1, data: 0, infrastructure: 1 },
};

type Ladder = readonly [number, number, number, number];

/** Share of events or entities that are as they should be, by level, each clear of the stage's threshold. */
export const KNOBS = {
  identities: {
    multifactor: [0.55, 0.86, 0.975, 0.9995],
    conditionalAccess: [0.3, 0.7, 0.975, 0.999],
    justInTime: [0.1, 0.3, 0.75, 1],
  },
  devices: {
    known: [0.3, 0.65, 0.9, 0.999],
    compliant: [0.1, 0.45, 0.87, 0.996],
    enforced: [0.05, 0.35, 0.75, 0.99],
  },
  applications: {
    encrypted: [0.6, 0.9, 0.985, 1],
    firewall: [0.3, 0.8, 1, 1],
    prevention: [0.05, 0.3, 0.985, 1],
    covered: [0.2, 0.75, 0.97, 1],
  },
  network: {
    logged: [0.2, 0.8, 1, 1],
    intended: [0.12, 0.45, 0.88, 0.995],
    exposed: [0.25, 0, 0, 0],
  },
  data: {
    encrypted: [0.8, 0.97, 0.997, 1],
    identity: [0.1, 0.45, 0.88, 0.996],
    blocked: [0.1, 0.35, 0.75, 0.98],
  },
  infrastructure: {
    logged: [0.25, 0.68, 0.92, 1],
    pipeline: [0.1, 0.4, 0.85, 0.98],
    /** Median minutes until a high-severity incident is taken up. */
    acknowledgeMinutes: [3000, 480, 100, 12],
  },
} as const satisfies Readonly<Record<Pillar, Readonly<Record<string, Ladder>>>>;

export type Knobs = { readonly [P in Pillar]: { readonly [K in keyof (typeof KNOBS)[P]]: number } };

export function knobsOf(profile: Profile): Knobs {
  const entries = Object.entries(KNOBS).map(([pillar, knobs]) => {
    const level = PROFILE_LEVELS[profile][pillar as Pillar];
    return [pillar, Object.fromEntries(Object.entries(knobs).map(([name, ladder]) => [name, ladder[level]]))];
  });
  return Object.fromEntries(entries) as Knobs;
}
