import type { ColumnBatch } from "../backends/types.ts";
import type { Anomaly, CanaryReport } from "../core/assessment.ts";
import type { Value } from "../core/kusto.ts";
import type { Pillar } from "../core/maturity.ts";
import type { Signal, SubjectType } from "../core/signal.ts";
import { columnsOf } from "../signals/batch.ts";

const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];

/** A synthetic attack: events of a subject that cannot exist, so that nothing real can be confused with it. */
export interface Canary {
  readonly name: string;
  readonly pillar: Pillar;
  /** What must tell it. */
  readonly detector: string;
  readonly subject: string;
  readonly signals: readonly Signal[];
}

const UNKNOWN = {
  identity: "unknown",
  device: "unknown",
  context: "unknown",
  policy: "unknown",
  session: "unknown",
  encryption: "unknown",
} as const;

interface Shape {
  readonly subject?: (i: number) => string;
  readonly type?: SubjectType;
  readonly resource?: (i: number) => string;
  readonly context: (i: number) => Readonly<Record<string, Value>>;
}

const ADDRESS = "198.18.250.9";

/** `count` events, `step` ms apart. */
function canary(
  pillar: Pillar,
  detector: string,
  subject: string,
  start: number,
  [count, step]: readonly [number, number],
  shape: Shape,
): Canary {
  const signals = Array.from({ length: count }, (_, i): Signal => {
    const time = Math.round(start + i * step);
    return {
      time,
      eventId: `canary/${detector}/${i}`,
      subject: shape.subject?.(i) ?? subject,
      subjectType: shape.type ?? "user",
      resource: shape.resource?.(i) ?? "canary",
      facets: UNKNOWN,
      context: shape.context(i) as Signal["context"],
    };
  });
  return { name: `${pillar}/${detector}`, pillar, detector, subject, signals };
}

const user = (name: string): string => `canary-${name}@canary.invalid`;
/** Text without a pattern, of 32 hexadecimal digits. */
const digits = (i: number): string =>
  Array.from({ length: 4 }, (_, k) => (Math.imul(i * 4 + k + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, "0")).join(
    "",
  );

function identities(at: number): Canary[] {
  const failed = { ResultCode: "50126", IP: ADDRESS, App: "canary" };
  const home = {
    Latitude: 47.37,
    Longitude: 8.54,
    Country: "CH",
    ASN: "64500",
    UserAgent: "canary",
    DeviceId: "canary",
  };
  const away = { Latitude: 1.35, Longitude: 103.8, Country: "SG", ASN: "64511", UserAgent: "other", DeviceId: "" };
  return [
    canary("identities", "password-spray", ADDRESS, at, [40, 15 * SECOND], {
      subject: (i) => user(`spray-${i}`),
      context: () => failed,
    }),
    canary("identities", "password-guessing", user("guessing"), at + HOUR, [40, 6 * SECOND], { context: () => failed }),
    canary("identities", "mfa-fatigue", user("mfa"), at + 2 * HOUR, [6, 90 * SECOND], {
      context: () => ({ ResultCode: "500121", IP: ADDRESS }),
    }),
    canary("identities", "impossible-travel", user("travel"), at + 3 * HOUR, [2, 30 * MINUTE], {
      context: (i) => ({ ResultCode: "0", IP: `198.18.251.${i}`, ...(i === 0 ? home : away) }),
    }),
    canary("identities", "token-replay", user("token"), at + 4 * HOUR, [2, 20 * MINUTE], {
      context: (i) => ({ ResultCode: "0", IP: `198.18.252.${i}`, SessionId: "canary", ...(i === 0 ? home : away) }),
    }),
  ];
}

function workloads(at: number): Canary[] {
  const denied = { ResultCode: "Deny", Port: 445, Protocol: "T", IP: "10.254.254.1" };
  const call = { IP: ADDRESS, App: "canary", Operation: "canary", Bytes: 900, DurationMs: 20 };
  const read = { Operation: "GetBlob", ResultCode: "200", IP: ADDRESS };
  return [
    canary("devices", "lateral-movement", "canary\\lateral", at, [60, 20 * SECOND], {
      context: (i) => ({
        DeviceId: `canary-${i}`,
        Operation: "logon Network",
        ResultCode: "LogonSuccess",
        IP: ADDRESS,
      }),
    }),
    canary("applications", "api-error-burst", "canary-errors", at, [120, SECOND], {
      type: "ip",
      context: (i) => ({ ...call, ResultCode: i % 5 === 0 ? "200" : "401" }),
    }),
    canary("applications", "object-enumeration", "canary-walker", at + HOUR, [2000, SECOND], {
      resource: (i) => `https://canary.invalid/objects/${i}`,
      context: () => ({ ...call, ResultCode: "200" }),
    }),
    canary("network", "network-scan", "canary-scanner", at, [200, SECOND], {
      type: "host",
      resource: (i) => `10.254.${i}.1`,
      context: () => denied,
    }),
    canary("network", "beaconing", "canary-beacon", at - DAY, [280, 5 * MINUTE], {
      type: "host",
      resource: () => "198.18.253.1",
      context: () => ({ ResultCode: "Allowed", Port: 443, Protocol: "T", Bytes: 512, IP: "10.254.254.2" }),
    }),
    canary("network", "dns-tunnelling", "canary-tunnel", at, [600, 5 * SECOND], {
      type: "ip",
      resource: (i) => `${digits(i)}.t.canary.invalid`,
      context: () => ({ Port: 53, Protocol: "DNS", App: "dns", Operation: "TXT", ResultCode: "" }),
    }),
    canary("data", "mass-read", user("reader"), at, [6000, 500], {
      resource: (i) => `canary/${i}`,
      context: () => read,
    }),
    canary("data", "mass-delete", user("deleter"), at, [3000, SECOND], {
      resource: (i) => `canary/${i}`,
      context: () => ({ ...read, Operation: "DeleteBlob" }),
    }),
    canary("infrastructure", "log-tampering", user("tampering"), at, [4, MINUTE], {
      resource: (i) => `canary/${i}`,
      context: () => ({
        Operation: "MICROSOFT.INSIGHTS/DIAGNOSTICSETTINGS/DELETE",
        ResultCode: "Success",
        IP: ADDRESS,
      }),
    }),
    canary("infrastructure", "privilege-escalation", user("escalation"), at + HOUR, [3, 10 * MINUTE], {
      context: (i) => ({
        Operation:
          ["AUTHORIZATION/ROLEASSIGNMENTS/WRITE", "VIRTUALMACHINES/RUNCOMMAND/ACTION", "LOCKS/DELETE"][i] ?? "",
        ResultCode: "Success",
        IP: ADDRESS,
      }),
    }),
  ];
}

/** The synthetic attacks of one run, about a day before its end. The same end gives the same events. */
export function canaries(end: number): Canary[] {
  const at = end - 20 * HOUR;
  return [...identities(at), ...workloads(at)];
}

/** Hands out a pillar's canary events in order of time, with the columns that its real events have: no more can be seen. */
export class CanaryFeed {
  readonly #signals: readonly Signal[];
  #next = 0;

  constructor(all: readonly Canary[], pillar: Pillar) {
    this.#signals = all
      .filter((one) => one.pillar === pillar)
      .flatMap(({ signals }) => signals)
      .sort((a, b) => a.time - b.time);
  }

  /** The events up to a time that were not handed out yet; undefined when there are none. */
  upTo(time: number, like: readonly ColumnBatch[]): ColumnBatch | undefined {
    const from = this.#next;
    while (this.#next < this.#signals.length && (this.#signals[this.#next]?.time ?? 0) <= time) this.#next += 1;
    if (from === this.#next) return undefined;
    const { rowCount, columns } = columnsOf(this.#signals.slice(from, this.#next));
    const known = new Set(like.flatMap((batch) => [...batch.columns.keys()]));
    return { rowCount, columns: new Map([...columns].filter(([name]) => known.has(name))) };
  }
}

/**
 * What became of the canaries, from a run with them beside the run without. `echoes` are anomalies that only the run with
 * canaries has and that name none of them.
 */
export function canaryReport(
  all: readonly Canary[],
  pillars: ReadonlySet<Pillar>,
  withCanaries: readonly Anomaly[],
  without: readonly Anomaly[],
): CanaryReport {
  const injected = all
    .filter(({ pillar }) => pillars.has(pillar))
    .map(({ pillar, detector, subject, signals }) => {
      const own = withCanaries.filter((anomaly) => anomaly.subject === subject && anomaly.pillar === pillar);
      const first = own.reduce((earliest, { time }) => Math.min(earliest, Date.parse(time)), Infinity);
      const start = signals[0]?.time ?? 0;
      return {
        pillar,
        detector,
        found: own.some((anomaly) => anomaly.detector === detector),
        toldBy: [...new Set(own.map((anomaly) => anomaly.detector))].sort(),
        minutes: own.length === 0 ? null : Math.max(0, first - start) / MINUTE,
      };
    });
  const real = new Set(without.map(({ id }) => id));
  const subjects = new Set(
    all.flatMap(({ signals, subject }) => [subject, ...signals.map((signal) => signal.subject)]),
  );
  const echoes = withCanaries.filter(({ id, subject }) => !real.has(id) && !subjects.has(subject)).length;
  const found = injected.filter((one) => one.found).length;
  return {
    injected,
    recall: injected.length === 0 ? null : found / injected.length,
    alarms: without.length,
    echoes,
  };
}
