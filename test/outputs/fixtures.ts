import { createHash } from "node:crypto";
import { groupFindings } from "../../src/analyzer/findings.ts";
import type {
  Activity,
  Anomaly,
  Assessment,
  CriterionResult,
  InputReport,
  Insights,
  PillarResult,
  Place,
  VerificationRate,
} from "../../src/core/assessment.ts";
import type { Value } from "../../src/core/kusto.ts";
import {
  type Direction,
  LADDER,
  type LadderStage,
  PILLARS,
  type Pillar,
  type Stage,
  type State,
  type Thresholds,
} from "../../src/core/maturity.ts";

const AS_OF = "2026-11-20T12:00:00.0000000Z";
const WINDOW = { start: "2026-10-21T12:00:00.0000000Z", end: AS_OF };

function wilson(k: number, n: number): { value: number; low: number; high: number } {
  const z = 1.959963984540054;
  const p = k / n;
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return { value: p, low: Math.max(0, centre - half), high: Math.min(1, centre + half) };
}

export function rate(verified: number, failed: number, unknown: number): VerificationRate {
  const known = verified + failed;
  if (known === 0) return { verified, failed, unknown, rate: null, low: null, high: null };
  const { value, low, high } = wilson(verified, known);
  return { verified, failed, unknown, rate: value, low, high };
}

type Offenders = readonly Readonly<Record<string, Value>>[];

interface Sketch {
  readonly id: string;
  readonly name: string;
  readonly from: LadderStage;
  readonly at: Thresholds;
  readonly direction?: Direction;
  readonly counts?: readonly [number, number];
  readonly state?: State;
  readonly why?: string;
  readonly table: string;
  readonly next: string;
  readonly offenders?: Offenders;
}

const percent = (value: number): string => `${(value * 100).toFixed(1)} %`;

function holds(at: number, direction: Direction, low: number, high: number): boolean {
  return direction === "atLeast" ? low >= at : high <= at;
}

function reached(sketch: Sketch, low: number, high: number): Stage {
  let stage: Stage = "traditional";
  let at: number | undefined;
  for (const step of LADDER) {
    at = sketch.at[step] ?? at;
    if (at === undefined) continue;
    if (!holds(at, sketch.direction ?? "atLeast", low, high)) break;
    stage = step;
  }
  return LADDER.indexOf(stage as LadderStage) >= LADDER.indexOf(sketch.from) ? stage : "traditional";
}

function criterion(sketch: Sketch): CriterionResult {
  const direction = sketch.direction ?? "atLeast";
  const counts =
    sketch.counts && sketch.counts[1] > 0 ? wilson(...sketch.counts) : { value: null, low: null, high: null };
  const verdict = counts.low === null ? "traditional" : reached(sketch, counts.low, counts.high);
  const state = sketch.state ?? (verdict === "traditional" ? "not_met" : "met");
  const query = `${sketch.table}\n| where TimeGenerated > ago(30d)\n| summarize Numerator = countif(Verified), Denominator = count()`;
  const bound =
    direction === "atLeast" ? `lower bound ${percent(counts.low ?? 0)}` : `upper bound ${percent(counts.high ?? 0)}`;
  const need = `${direction === "atLeast" ? "≥" : "≤"} ${percent(sketch.at[sketch.from] ?? 0)}`;
  const assessed = state === "met" || state === "not_met" || state === "excepted";
  return {
    id: sketch.id,
    name: sketch.name,
    stage: assessed ? (state === "excepted" ? sketch.from : verdict) : "not_assessable",
    state,
    requiredFrom: sketch.from,
    numerator: sketch.counts?.[0] ?? null,
    denominator: sketch.counts?.[1] ?? null,
    ...counts,
    direction,
    thresholds: sketch.at,
    minimum: 30,
    reason: sketch.why ?? `${sketch.counts?.[0]} of ${sketch.counts?.[1]}, ${bound}; ${sketch.from} needs ${need}.`,
    next: sketch.next,
    tables: [sketch.table],
    offenders: sketch.offenders ?? [],
    query,
    queryDigest: createHash("sha256").update(query).digest("hex"),
  };
}

const people = ["alba.ruiz", "b.okafor", "chen.wei", "dana.levy", "erik.holm", "farah.aziz", "g.rossi", "hana.sato"];
const users = (count: number, most: number): Offenders =>
  Array.from({ length: count }, (_, i) => ({
    UserPrincipalName: `${people[i % people.length]}${i < people.length ? "" : Math.floor(i / people.length)}@contoso.com`,
    Count: Math.max(1, Math.round(most / (i + 1))),
    LastSeen: `2026-11-${String(20 - (i % 19)).padStart(2, "0")}T0${i % 10}:14:05.1200000Z`,
    App: ["Office 365 Exchange Online", "Azure Portal", "Payroll", "VPN"][i % 4] ?? "",
  }));
const hosts = (count: number): Offenders =>
  Array.from({ length: count }, (_, i) => ({
    DeviceName: `WKS-${String(4100 + i * 7)}`,
    OS: i % 3 ? "Windows 11" : "macOS 15",
    Missing: 9 - (i % 8),
  }));

const SKETCHES: Readonly<Record<Pillar, readonly Sketch[]>> = {
  identities: [
    {
      id: "ID-01",
      name: "Multifactor authentication on interactive sign-ins",
      from: "initial",
      at: { initial: 0.8, intermediate: 0.95, optimal: 0.99 },
      counts: [45_612, 50_104],
      table: "SigninLogs",
      next: "Require multifactor authentication for the users below; start with those that hold a role.",
      offenders: users(38, 940),
    },
    {
      id: "ID-02",
      name: "Legacy authentication is gone",
      from: "initial",
      direction: "atMost",
      at: { initial: 0.01, intermediate: 0.001, optimal: 0 },
      counts: [61, 128_220],
      table: "AADNonInteractiveUserSignInLogs",
      next: "Block legacy clients with a Conditional Access policy that has no exclusion.",
      offenders: users(6, 31),
    },
    {
      id: "ID-04",
      name: "Identity telemetry is complete",
      from: "initial",
      at: { initial: 0.28, intermediate: 0.9, optimal: 0.9 },
      counts: [206, 210],
      table: "Usage",
      next: "Keep the diagnostic setting of every sign-in category on.",
    },
    {
      id: "ID-06",
      name: "Risky sign-ins are not let through",
      from: "intermediate",
      direction: "atMost",
      at: { intermediate: 0.05, optimal: 0.01 },
      counts: [4, 12],
      state: "insufficient",
      why: "12 risky sign-ins are fewer than the minimum of 30.",
      table: "SigninLogs",
      next: "Widen the window to 90 days.",
    },
    {
      id: "ID-09",
      name: "Tokens are bound and continuously evaluated",
      from: "optimal",
      at: { optimal: 0.8 },
      counts: [18_400, 50_104],
      table: "SigninLogs",
      next: "Turn on strict location enforcement and token protection for supported clients.",
      offenders: users(24, 700),
    },
    {
      id: "ID-11",
      name: "Privileged sign-ins use a phishing-resistant method",
      from: "intermediate",
      at: { intermediate: 0.9, optimal: 1 },
      counts: [388, 402],
      table: "SigninLogs",
      next: "Give the administrators below a passkey.",
      offenders: users(3, 9),
    },
  ],
  devices: [
    {
      id: "DV-03",
      name: "Sign-ins come from compliant devices",
      from: "initial",
      at: { initial: 0.6, intermediate: 0.85, optimal: 0.98 },
      counts: [46_020, 50_104],
      table: "SigninLogs",
      next: "Enrol the devices below.",
      offenders: hosts(14),
    },
    {
      id: "DV-05",
      name: "The fleet is compliant",
      from: "initial",
      at: { initial: 0.6, intermediate: 0.85, optimal: 0.95 },
      counts: [1_902, 2_044],
      table: "IntuneDevices",
      next: "Repair the devices below; grace periods end this week.",
      offenders: hosts(90),
    },
    {
      id: "DV-07",
      name: "Endpoint detection is onboarded and healthy",
      from: "initial",
      at: { initial: 0.7, intermediate: 0.9, optimal: 0.98 },
      counts: [1_988, 2_044],
      table: "DeviceInfo",
      next: "Reinstall the sensor on the inactive hosts.",
      offenders: hosts(56),
    },
    {
      id: "DV-08",
      name: "Disks are encrypted",
      from: "intermediate",
      at: { intermediate: 0.95, optimal: 0.99 },
      counts: [2_010, 2_044],
      table: "IntuneDevices",
      next: "Escrow the recovery keys and turn on encryption.",
      offenders: hosts(12),
    },
    {
      id: "DV-11",
      name: "Device risk gates access",
      from: "optimal",
      direction: "atMost",
      at: { optimal: 0.05 },
      state: "stale",
      why: "The newest row of IntuneDeviceComplianceOrg is 9 days old; its cadence is 1 day.",
      table: "IntuneDeviceComplianceOrg",
      next: "Check the Intune diagnostic setting.",
    },
  ],
  applications: [
    {
      id: "AP-01",
      name: "API gateway logging is complete",
      from: "initial",
      at: { initial: 0.5, intermediate: 0.95, optimal: 1 },
      counts: [310, 310],
      table: "ApiManagementGatewayLogs",
      next: "Nothing to do.",
    },
    {
      id: "AP-03",
      name: "API calls carry an identity",
      from: "intermediate",
      direction: "atMost",
      at: { intermediate: 0.05, optimal: 0.01 },
      counts: [88_010, 902_114],
      table: "ApiManagementGatewayLogs",
      next: "Put validate-jwt on the operations below.",
      offenders: [
        { Api: "orders-v1", Operation: "GET /orders", Calls: 61_200 },
        { Api: "legacy-soap", Operation: "POST /", Calls: 26_810 },
      ],
    },
    {
      id: "AP-05",
      name: "Gateway traffic is encrypted on both legs",
      from: "intermediate",
      at: { intermediate: 0.99, optimal: 1 },
      counts: [899_930, 902_114],
      table: "ApiManagementGatewayLogs",
      next: "Move the http backends to https.",
    },
    {
      id: "AP-12",
      name: "Sensitive payloads are stopped at the gateway",
      from: "optimal",
      at: { optimal: 0.9 },
      state: "absent",
      why: "No gateway row carries TraceRecords, so outbound policies cannot be seen.",
      table: "ApiManagementGatewayLogs",
      next: "Add a trace marker to the outbound policy.",
    },
  ],
  network: [
    {
      id: "NW-01",
      name: "Flow logs cover every subnet",
      from: "initial",
      at: { initial: 0.5, intermediate: 0.9, optimal: 0.99 },
      counts: [41, 120],
      table: "NTATopologyDetails",
      next: "Turn on virtual network flow logs.",
      offenders: [
        { Subnet: "/vnets/hub/subnets/mgmt", Flows: 0 },
        { Subnet: "/vnets/spoke-7/subnets/app", Flows: 0 },
      ],
    },
    {
      id: "NW-04",
      name: "Internet ingress is filtered",
      from: "initial",
      at: { initial: 0.9, intermediate: 0.98 },
      counts: [1_201_400, 1_204_090],
      table: "NTANetAnalytics",
      next: "Nothing to do.",
    },
    {
      id: "NW-08",
      name: "Private endpoints carry the data plane",
      from: "intermediate",
      at: { intermediate: 0.8, optimal: 0.98 },
      state: "partial",
      why: "The query stopped at 500,000 rows; the counts are not the whole window.",
      counts: [220_140, 500_000],
      table: "StorageBlobLogs",
      next: "Split the window or run on the data lake.",
    },
  ],
  data: [
    {
      id: "DA-01",
      name: "Sensitive files carry a label",
      from: "initial",
      at: { initial: 0.25, intermediate: 0.8, optimal: 0.98 },
      state: "absent",
      why: "Table MicrosoftPurviewInformationProtection is not in the export.",
      table: "MicrosoftPurviewInformationProtection",
      next: "Export the table or connect Purview.",
    },
    {
      id: "DA-02",
      name: "Storage refuses anonymous reads",
      from: "initial",
      direction: "atMost",
      at: { initial: 0.01, intermediate: 0.001, optimal: 0 },
      counts: [0, 84_220],
      table: "StorageBlobLogs",
      next: "Nothing to do.",
    },
    {
      id: "DA-05",
      name: "Keys are read by identities, not by shared secrets",
      from: "intermediate",
      at: { intermediate: 0.8, optimal: 0.98 },
      counts: [6_120, 7_004],
      table: "AZKVAuditLogs",
      next: "Replace the access policies below.",
      offenders: [{ Vault: "kv-payroll", Caller: "svc-batch", Reads: 612 }],
    },
  ],
  infrastructure: [
    {
      id: "IN-01",
      name: "Control-plane changes come from pipelines",
      from: "initial",
      at: { initial: 0.3, intermediate: 0.8, optimal: 0.95 },
      counts: [9_402, 9_611],
      table: "AzureActivity",
      next: "Nothing to do.",
      offenders: users(4, 88),
    },
    {
      id: "IN-03",
      name: "Incidents are acknowledged in time",
      from: "intermediate",
      at: { intermediate: 0.8, optimal: 0.95 },
      counts: [412, 418],
      table: "SecurityIncident",
      next: "Nothing to do.",
    },
    {
      id: "IN-06",
      name: "Responses are automated",
      from: "optimal",
      at: { optimal: 0.5 },
      counts: [70, 402],
      state: "excepted",
      why: "Excepted until 2027-01-31: playbooks are being moved (owner secops@contoso.com).",
      table: "SentinelHealth",
      next: "Finish the move of the playbooks.",
    },
  ],
};

const STAGES: Readonly<Record<Pillar, readonly [Stage, readonly string[], VerificationRate]>> = {
  identities: ["initial", ["ID-01", "ID-06"], rate(46_211, 3_120, 773)],
  devices: ["intermediate", ["DV-03", "DV-05", "DV-07", "DV-11"], rate(41_020, 2_002, 7_082)],
  applications: ["initial", ["AP-03"], rate(801_220, 98_014, 2_880)],
  network: ["traditional", ["NW-01"], rate(1_101_010, 61_200, 41_880)],
  data: ["not_assessable", ["DA-01"], rate(0, 0, 84_220)],
  infrastructure: ["optimal", [], rate(9_402, 118, 91)],
};

const ANOMALIES: readonly (readonly [Pillar, string, string, string, number, number | null, string])[] = [
  [
    "identities",
    "impossible-travel",
    "chen.wei@contoso.com",
    "2026-11-19T08:12:41.0000000Z",
    9.4,
    0.00004,
    "Zürich to São Paulo, 9,612 km in 41 min (14,066 km/h); the user's own maximum in 30 days is 96 km/h.",
  ],
  [
    "identities",
    "password-spray",
    "203.0.113.77",
    "2026-11-18T02:40:00.0000000Z",
    8.1,
    0.0003,
    "41 accounts in 20 min with 39 failures; the 99th percentile of an address here is 3 accounts.",
  ],
  [
    "identities",
    "mfa-fatigue",
    "dana.levy@contoso.com",
    "2026-11-12T22:05:10.0000000Z",
    6.6,
    0.002,
    "17 denied prompts in 9 min, then one approval; baseline 0.2 a day.",
  ],
  [
    "devices",
    "sensor-silence",
    "WKS-4163",
    "2026-11-17T00:00:00.0000000Z",
    5.9,
    null,
    "Silent for 71 h; it reported every 4 min (median of 30 days).",
  ],
  [
    "applications",
    "api-error-burst",
    "app/5d0c-orders-sync",
    "2026-11-19T15:30:00.0000000Z",
    7.2,
    0.0011,
    "412 of 430 calls failed in 5 min (95.8 %); baseline 0.6 %.",
  ],
  [
    "network",
    "beaconing",
    "10.4.2.19 → 198.51.100.9:443",
    "2026-11-15T11:00:00.0000000Z",
    8.8,
    null,
    "2,880 connections, one every 60.0 s ± 0.4 s, 97 % with 412 bytes.",
  ],
  [
    "network",
    "port-scan",
    "10.4.9.3",
    "2026-11-20T04:12:00.0000000Z",
    6.1,
    0.004,
    "212 first contacts, 205 refused, within 3 min.",
  ],
  [
    "data",
    "mass-read",
    "svc-report",
    "2026-11-14T03:20:00.0000000Z",
    9.9,
    0.00001,
    "18,402 blobs in 1 h; its median is 120 and its maximum 480.",
  ],
  [
    "infrastructure",
    "rare-privileged-operation",
    "b.okafor@contoso.com",
    "2026-11-16T19:44:02.0000000Z",
    5.2,
    0.006,
    "First roleAssignments/write by this caller; 2 callers did it in the last 90 days.",
  ],
];

const INPUTS: readonly InputReport[] = [
  {
    file: "signin-2026-11.ndjson",
    shape: "la-ndjson",
    table: "SigninLogs",
    read: 50_120,
    accepted: 50_104,
    quarantined: 16,
    skipped: 0,
    problems: [
      { position: 1_204, offset: 912_044, code: "bad-json", message: "Unexpected end of JSON input" },
      { position: 40_009, offset: 30_020_119, code: "bad-datetime", message: "TimeGenerated is not a date: “n/a”" },
    ],
  },
  {
    file: "noninteractive.json.gz",
    shape: "diagnostic-records",
    table: "AADNonInteractiveUserSignInLogs",
    read: 128_300,
    accepted: 128_220,
    quarantined: 0,
    skipped: 80,
  },
  {
    file: "apim.csv",
    shape: "portal-csv",
    table: "ApiManagementGatewayLogs",
    read: 902_114,
    accepted: 902_114,
    quarantined: 0,
    skipped: 0,
  },
  {
    file: "nta/2026-11.ndjson",
    shape: "la-ndjson",
    table: "NTANetAnalytics",
    read: 1_204_090,
    accepted: 1_204_090,
    quarantined: 0,
    skipped: 0,
  },
  {
    file: "notes.txt",
    shape: "unknown",
    table: null,
    read: 14,
    accepted: 0,
    quarantined: 0,
    skipped: 14,
    reason: "No export shape matches this file.",
  },
];

const anomaly = ([pillar, detector, subject, time, score, pValue, reason]: (typeof ANOMALIES)[number]): Anomaly => ({
  id: createHash("sha256").update(`${detector}${subject}${time}`).digest("hex").slice(0, 16),
  pillar,
  detector,
  subject,
  time,
  score,
  pValue,
  reason,
});

const pillar = (name: Pillar): PillarResult => ({
  pillar: name,
  stage: STAGES[name][0],
  blockedBy: STAGES[name][1],
  continuousVerification: STAGES[name][2],
  criteria: SKETCHES[name].map(criterion),
});

const wave = (steps: number, height: number): number[] =>
  Array.from({ length: steps }, (_, i) => Math.round(height * (1 + Math.sin(i / 2))));

const activity = (subject: string | null, name: Pillar, subjectType: string | null): Activity => ({
  pillar: name,
  subject,
  subjectType,
  start: WINDOW.start,
  stepHours: 6,
  events: wave(120, 40),
  failed: wave(120, 4),
});

const INSIGHTS: Insights = {
  places: [
    [47.5, 8.5, "CH", 41_000, 900, 1_200, 812],
    [-23.5, -46.5, "BR", 61, 60, 1, 1],
    [37.5, 127, "KR", 2_400, 12, 0, 41],
  ].map(([latitude, longitude, country, events, refused, failed, users]) => ({
    ...{ latitude, longitude, country, events, refused, failed, users },
    names: users === 1 ? ["chen.wei@contoso.com"] : [],
  })) as Place[],
  flows: Array.from({ length: 40 }, (_, i) => ({
    source: `vnet-hub/snet-${i % 9}`,
    target: i % 4 === 0 ? "Internet" : `vnet-spoke/snet-${(i * 7) % 20}`,
    flows: 900 - i * 20,
    bytes: 10 ** (4 + (i % 6)),
    denied: (i % 3) * 10,
    unintended: (i % 5) * 20,
  })),
  activity: [
    activity("chen.wei@contoso.com", "identities", "user"),
    activity("dana.levy@contoso.com", "identities", "user"),
    activity("svc-report", "data", "workload"),
    activity(null, "data", null),
  ],
  peers: [{ pillar: "identities", subjectType: "user", subjects: 812, median: 58, p95: 120, most: 1_460 }],
};

/** A tenant with every stage and every state. */
export const contoso: Assessment = {
  asOf: AS_OF,
  window: WINDOW,
  tool: { name: "ztlens", version: "0.1.0" },
  pillars: PILLARS.map(pillar),
  anomalies: ANOMALIES.map(anomaly),
  findings: groupFindings(ANOMALIES.map(anomaly)),
  inputs: INPUTS,
  warnings: ["Clock skew: 3 events of apim.csv are later than the as-of time."],
  insights: INSIGHTS,
  history: Array.from({ length: 14 }, (_, week) => ({
    asOf: new Date(Date.parse(AS_OF) - (14 - week) * 7 * 86_400_000).toISOString(),
    pillars: PILLARS.map((name, i) => ({
      pillar: name,
      stage: week < i * 2 ? "traditional" : STAGES[name][0],
      rate: 0.5 + week * 0.03,
    })),
    criteria: PILLARS.flatMap((name) =>
      SKETCHES[name].map(({ id }) => ({ id, state: "not_met", stage: "traditional", value: 0.6 + week * 0.02 })),
    ),
  })),
};

const FOLLOWED = [
  ...contoso.anomalies,
  anomaly([
    "identities",
    "unfamiliar-sign-in",
    "chen.wei@contoso.com",
    "2026-11-19T08:13:00.0000000Z",
    4.2,
    0.003,
    "First sign-in from BR; seen from CH alone in 30 days.",
  ]),
];

/** `contoso`, in which two detectors tell of one user at one time. */
export const grouped: Assessment = { ...contoso, anomalies: FOLLOWED, findings: groupFindings(FOLLOWED) };

/** No table at all: nothing can be assessed. */
export const emptyTenant: Assessment = {
  ...contoso,
  pillars: PILLARS.map((name) => ({
    pillar: name,
    stage: "not_assessable",
    blockedBy: SKETCHES[name].filter((sketch) => sketch.from === "initial").map((sketch) => sketch.id),
    continuousVerification: rate(0, 0, 0),
    criteria: SKETCHES[name].map(({ counts: _, offenders: __, ...sketch }) =>
      criterion({ ...sketch, state: "absent", why: `Table ${sketch.table} is not in the export.` }),
    ),
  })),
  anomalies: [],
  findings: [],
  inputs: [],
  warnings: [],
};

/** Nothing to say: no pillar, criterion, anomaly or input. */
export const nothing: Assessment = { ...contoso, pillars: [], anomalies: [], findings: [], inputs: [], warnings: [] };

/** Everything proven: every pillar optimal, nothing blocked, nothing in doubt. */
export const flawless: Assessment = {
  ...contoso,
  pillars: PILLARS.map((name) => ({
    pillar: name,
    stage: "optimal",
    blockedBy: [],
    continuousVerification: rate(99_990, 10, 0),
    criteria: SKETCHES[name].map(({ why: _, state: __, ...sketch }) =>
      criterion({
        ...sketch,
        counts: sketch.direction === "atMost" ? [0, 100_000] : [100_000, 100_000],
        at: {
          ...sketch.at,
          ...(sketch.at.optimal === 0 ? { optimal: 0.0005 } : sketch.at.optimal === 1 ? { optimal: 0.9995 } : {}),
        },
        offenders: [],
      }),
    ),
  })),
  anomalies: [],
  findings: [],
  warnings: [],
};

/** `contoso` with `count` offenders of one criterion. */
export function crowded(count: number): Assessment {
  const offenders = Array.from({ length: count }, (_, i) => ({
    UserPrincipalName: `user${i}@contoso.com`,
    Count: count - i,
    Country: "CH",
  }));
  return {
    ...contoso,
    pillars: contoso.pillars.map((result, i) =>
      i > 0 ? result : { ...result, criteria: result.criteria.map((c, j) => (j > 0 ? c : { ...c, offenders })) },
    ),
  };
}

/** `contoso` with each text of `texts` in every field that carries text from logs, files, packs or detectors. */
export function poisoned(texts: readonly string[]): Assessment {
  const at = (i: number): string => texts[i % texts.length] ?? "";
  const [first] = contoso.pillars;
  if (!first) throw new Error("the sample has no pillar");
  const offenders = texts.map((text, i) => ({ [text]: text, nested: { [text]: [text] }, n: i }));
  const criteria = first.criteria.map((c, i) => ({
    ...c,
    id: `${i}${at(i)}`,
    name: at(i + 1),
    reason: at(i + 2),
    next: at(i + 3),
    tables: [at(i + 4)],
    query: at(i + 5),
    offenders: i === 0 ? offenders : [],
    ...(i === 0 && {
      exceptions: {
        applied: texts.map((text) => ({ criterion: text, entity: text, reason: text, owner: text, expires: text })),
        without: { state: c.state, stage: c.stage, numerator: c.numerator, denominator: c.denominator, value: c.value },
      },
    }),
  }));
  const bad = texts.map(
    (text, i) =>
      ({
        ...criteria[1],
        id: `p${i}${text}`,
        name: text,
        reason: text,
        next: text,
        tables: [text],
        query: text,
      }) as CriterionResult,
  );
  return {
    ...contoso,
    tool: { name: at(0), version: at(1) },
    pillars: [
      { ...first, criteria: [...criteria, ...bad], blockedBy: [...criteria, ...bad].map((c) => c.id) },
      ...contoso.pillars.slice(1),
    ],
    anomalies: texts.map((text, i) => ({
      id: text,
      pillar: "data",
      detector: text,
      subject: text,
      time: AS_OF,
      score: i,
      pValue: null,
      reason: text,
    })),
    findings: texts.map((text) => ({
      id: text,
      subject: text,
      start: AS_OF,
      end: AS_OF,
      pillars: ["data"],
      detectors: [text, at(1)],
      anomalies: [text],
      pValue: null,
      reason: text,
    })),
    history: [
      // A result that somebody else kept may hold anything in place of times, stages and states.
      ...texts.map((text) => ({ asOf: text, pillars: [], criteria: [] })),
      ...[1, 2].map((days) => ({
        asOf: new Date(Date.parse(AS_OF) - days * 86_400_000).toISOString(),
        pillars: PILLARS.map((name, i) => ({ pillar: name, stage: at(i) as Stage, rate: at(i) as unknown as number })),
        criteria: [...criteria, ...bad].map(({ id }, i) => ({
          id,
          state: i % 3 === 0 ? (at(i) as State) : "met",
          stage: at(i) as Stage,
          value: i % 2 === 0 ? (at(i) as unknown as number) : 0.5,
        })),
      })),
    ],
    inputs: texts.map((text) => ({
      file: text,
      shape: text,
      table: text,
      read: 3,
      accepted: 1,
      quarantined: 1,
      skipped: 1,
      reason: text,
      problems: [{ position: 1, code: text, message: text }],
    })),
    warnings: texts,
    insights: {
      places: INSIGHTS.places.flatMap((place) =>
        texts.map((text) => ({ ...place, country: text, names: [text, at(3)] })),
      ),
      flows: texts.map((text, i) => ({
        source: text,
        target: at(i + 1),
        flows: 9,
        bytes: 9,
        denied: 1,
        unintended: 2,
      })),
      activity: texts.map((text) => activity(text, "data", text)),
      peers: texts.map((text) => ({ pillar: "data", subjectType: text, subjects: 1, median: 1, p95: 1, most: 1 })),
    },
  };
}
