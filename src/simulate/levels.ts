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
    guests: [0.4, 0.75, 0.985, 1],
    resistant: [0.02, 0.1, 0.4, 0.95],
    legacy: [0.05, 0.004, 0, 0],
    conditionalAccess: [0.3, 0.7, 0.985, 0.999],
    justInTime: [0.1, 0.3, 0.75, 1],
    global: [0.8, 0.3, 0.1, 0.06],
    /** Share of the applications that Entra ID itself issues tokens for. */
    cloudIssued: [0.35, 0.75, 0.93, 1],
    riskStopped: [0.4, 0.93, 0.99, 1],
    /** Median hours until a risky user is dealt with. */
    riskHours: [200, 60, 10, 1.5],
    secretless: [0.2, 0.5, 0.85, 1],
    observed: [0.1, 0.3, 0.7, 1],
  },
  devices: {
    known: [0.3, 0.65, 0.95, 0.999],
    compliant: [0.1, 0.72, 0.93, 0.99],
    /** Sensor, encryption: what compliance asks for, but a little ahead of it. */
    protected: [0.1, 0.78, 0.975, 1],
    enforced: [0.05, 0.35, 0.78, 0.99],
    /** Sign-ins from noncompliant devices that are turned away. */
    refused: [0, 0.2, 0.9, 1],
    stale: [0.5, 0.1, 0.05, 0],
    overdue: [0.7, 0.3, 0.1, 0],
    configured: [0.4, 0.65, 0.82, 0.95],
  },
  applications: {
    /** Requests that come through the gateway. */
    throughGateway: [0.1, 0.5, 0.9, 0.995],
    excessive: [0.8, 0.5, 0.15, 0],
    unruled: [0.6, 0.3, 0.05, 0.005],
    encrypted: [0.6, 0.94, 0.996, 1],
    /** Calls of APIs without any identity. */
    anonymous: [0.3, 0.1, 0.03, 0.0005],
    firewall: [0.3, 0.8, 1, 1],
    prevention: [0.05, 0.3, 0.985, 1],
    covered: [0.2, 0.75, 0.98, 1],
    consented: [0.3, 0.88, 0.97, 1],
    /** Share of the APIs whose answers a policy inspects. */
    inspected: [0, 0.2, 0.6, 1],
    delivered: [0.1, 0.45, 0.89, 0.99],
  },
  network: {
    private: [0.05, 0.2, 0.7, 0.985],
    edge: [0, 0.1, 0.4, 0.97],
    inspected: [0.1, 0.4, 0.88, 0.995],
    logged: [0.2, 0.8, 1, 1],
    guarded: [0.3, 0.92, 1, 1],
    intended: [0.12, 0.45, 0.88, 0.995],
    exposed: [0.25, 0, 0, 0],
    /** Share of the other subnets that a subnet talks to. */
    density: [0.9, 0.5, 0.22, 0.06],
    denied: [0.3, 0.7, 0.975, 1],
    encrypted: [0, 0.1, 0.4, 0.97],
    code: [0.1, 0.4, 0.9, 1],
  },
  data: {
    classified: [0.1, 0.5, 0.87, 0.99],
    audited: [0.2, 0.9, 1, 1],
    backedUp: [0.7, 0.94, 0.985, 1],
    encrypted: [0.8, 0.97, 0.997, 1],
    atRest: [0.2, 0.86, 0.98, 1],
    identity: [0.1, 0.45, 0.88, 0.996],
    anonymous: [0.03, 0, 0, 0],
    blocked: [0.1, 0.35, 0.75, 0.98],
    labelled: [0.02, 0.2, 0.55, 0.92],
    /** Share of the vaults' objects with a fresh version. */
    rotated: [0.15, 0.35, 0.72, 0.97],
    /** Share of the days on which the analyzer's results were published. */
    watched: [0, 0, 1, 1],
    openLinks: [0.4, 0.15, 0.03, 0.002],
  },
  infrastructure: {
    touched: [0.9, 0.6, 0.12, 0],
    healthy: [0.8, 0.93, 0.985, 1],
    timely: [0.1, 0.35, 0.75, 1],
    /** Share of what people do that lies inside an activation. */
    activated: [0.1, 0.3, 0.75, 1],
    openPaths: [0.9, 0.5, 0.2, 0],
    logged: [0.25, 0.7, 0.96, 1],
    pipeline: [0.1, 0.4, 0.85, 0.98],
    /** Median minutes until a high-severity incident is taken up. */
    acknowledgeMinutes: [3000, 480, 100, 12],
    automated: [0.05, 0.15, 0.5, 0.95],
    undetermined: [0.6, 0.3, 0.06, 0.002],
    late: [0.2, 0.03, 0.005, 0.0001],
    score: [0.2, 0.5, 0.75, 0.95],
    /** Days until a severe finding is fixed. */
    fixDays: [90, 22, 9, 3],
    passed: [0.3, 0.6, 0.8, 0.96],
    broad: [0.6, 0.15, 0.025, 0],
  },
} as const satisfies Readonly<Record<Pillar, Readonly<Record<string, Ladder>>>>;

export type Knobs = { readonly [P in Pillar]: { readonly [K in keyof (typeof KNOBS)[P]]: number } };

/** Knobs that differ from those of a profile. */
export type KnobChanges = { readonly [P in keyof Knobs]?: Partial<Knobs[P]> };

export function knobsOf(profile: Profile, changes: KnobChanges = {}): Knobs {
  const entries = Object.entries(KNOBS).map(([name, knobs]) => {
    const pillar = name as Pillar;
    const level = PROFILE_LEVELS[profile][pillar];
    const own = Object.fromEntries(Object.entries(knobs).map(([knob, ladder]) => [knob, ladder[level]]));
    return [pillar, { ...own, ...changes[pillar] }];
  });
  return Object.fromEntries(entries) as Knobs;
}
