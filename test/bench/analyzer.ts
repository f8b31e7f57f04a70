import { Analyzer } from "../../src/analyzer/analyzer.ts";
import { loadDetectors } from "../../src/analyzer/registry.ts";
import { Series } from "../../src/analyzer/series/series.ts";
import type { ColumnBatch } from "../../src/backends/types.ts";
import type { Value } from "../../src/core/kusto.ts";
import { PILLARS, type Pillar } from "../../src/core/maturity.ts";
import { decodeSignals } from "../../src/signals/decode.ts";
import { Names } from "../../src/signals/names.ts";
import { Random } from "../../src/stats/random.ts";

/**
 * Speed and memory of the analyzer alone, per second of processor time:
 *   npm run bench:analyzer -- [events] [entities]
 * Six pillars in equal parts, decoded, verified and through all detectors; then the time-series detector.
 */
const [events = "2000000", entities = "20000"] = process.argv.slice(2).map((text) => text.replaceAll("_", ""));
const [total, population] = [Number(events), Number(entities)];
const ROWS = 2048;
/** Every so manieth batch is decoded once more by itself, to tell what part decoding has. */
const SAMPLE = 8;
const START = Date.UTC(2026, 4, 1);
const DAY = 86_400_000;

const random = new Random(7);
const int = (below: number): number => Math.floor(random.next() * below);
const pick = <T>(values: readonly T[]): T => values[int(values.length)] as T;
/** A few entities cause most events; the whole population turns up in time. */
const entity = (prefix: string): string => `${prefix}${Math.floor(population * random.next() ** 2)}`;
const address = (subject: string): string => {
  const number = Number(/\d+$/.exec(subject)?.[0] ?? 0);
  return `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
};

type Maker = (subject: string, i: number) => Readonly<Record<string, Value>>;

const MAKERS: Readonly<Record<Pillar, readonly [prefix: string, type: string, make: Maker]>> = {
  identities: [
    "user",
    "user",
    (subject) => ({
      ...{
        Resource: "portal",
        Operation: "interactive sign-in",
        Protocol: "oAuth2",
        App: pick(["teams", "mail", "crm"]),
      },
      ...{ IP: address(subject), ASN: "64496", Country: "US", Latitude: 47.6, Longitude: -122.1, UserAgent: "edge" },
      ...{ DeviceId: `d-${subject}`, ResultCode: random.next() < 0.97 ? "0" : "50126" },
      ...{ SessionId: `s-${subject}`, TokenId: `t-${subject}-${int(4)}` },
    }),
  ],
  devices: [
    "host",
    "host",
    (subject) => ({
      Resource: "monitoring agent",
      DeviceId: subject,
      Operation: "heartbeat",
      Protocol: "",
      ResultCode: "",
    }),
  ],
  applications: [
    "caller",
    "user",
    (subject) => ({
      ...{ Resource: `https://api.contoso.com/orders/${int(5000)}`, Operation: pick(["get", "list"]), App: "partner" },
      ...{
        IP: address(subject),
        UserAgent: "client",
        Bytes: int(9000),
        DurationMs: 20 + int(60),
        Protocol: "HTTP/1.1",
      },
      ResultCode: random.next() < 0.98 ? "200" : "404",
    }),
  ],
  network: [
    "vm",
    "host",
    (subject) => ({
      ...{
        Resource: `10.1.${int(8)}.${int(250)}`,
        Port: pick([443, 1433, 8443]),
        Protocol: "T",
        Operation: "Outbound",
      },
      ...{ IP: address(subject), Bytes: int(90_000), Packets: int(90), DurationMs: int(5000), ResultCode: "Allowed" },
    }),
  ],
  data: [
    "reader",
    "user",
    (subject) => ({
      ...{ Resource: `data/reports/${int(5000)}`, Operation: "GetBlob", App: "data", IP: address(subject) },
      ...{ Bytes: int(200_000), DurationMs: int(40), UserAgent: "sdk", ResultCode: "200" },
    }),
  ],
  infrastructure: [
    "ops",
    "workload",
    (subject) => ({
      ...{ Resource: `/subscriptions/s/vm${int(900)}`, Operation: "MICROSOFT.COMPUTE/VIRTUALMACHINES/WRITE" },
      ...{ IP: address(subject), App: "pipeline", ResultCode: "Success", TokenId: `t-${subject}` },
    }),
  ],
};

const FACETS = ["Identity", "Device", "Context", "Policy", "Session", "Encryption"];

/** Texts as a database driver hands them over: every cell an object of its own, flat, never hashed. */
function fresh(texts: readonly string[]): string[] {
  const bytes = Buffer.from(texts.join(""), "latin1");
  let at = 0;
  return texts.map(({ length }) => {
    at += length;
    return bytes.toString("latin1", at - length, at);
  });
}

function batchAt(pillar: Pillar, first: number, count: number): ColumnBatch {
  const [prefix, type, make] = MAKERS[pillar];
  const rows = Array.from({ length: count }, (_, i) => {
    const time = START + Math.floor(((first + i) / total) * 30 * DAY);
    const subject = entity(prefix);
    const facets = FACETS.map((name, f): [string, string] => [name, f === 1 && i % 50 === 0 ? "failed" : "verified"]);
    return {
      ...{ TimeGenerated: new Date(time).toISOString().replace("Z", "0000Z"), EventId: `${first + i}` },
      ...{ Subject: subject, SubjectType: type, ...Object.fromEntries(facets), ...make(subject, i) },
    } as Readonly<Record<string, Value>>;
  });
  const column = (name: string): readonly Value[] => {
    const values = rows.map((row) => row[name] ?? null);
    return values.every((value) => typeof value === "string") ? fresh(values) : values;
  };
  return { rowCount: count, columns: new Map(Object.keys(rows[0] ?? {}).map((name) => [name, column(name)])) };
}

const collect =
  (globalThis as { gc?: (options: { type: "minor" }) => void }).gc?.bind(globalThis, { type: "minor" }) ?? (() => {});

function seconds(work: () => void): number {
  const started = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1e6;
}

const million = (value: number): string => `${(value / 1e6).toFixed(3)} million`;
const analyzer = new Analyzer({ detectors: await loadDetectors() });
const spent = { first: 0, second: 0 };
const perPillar = new Map<Pillar, number>();
const names = new Names();
let decoding = 0;
for (let first = 0; first < total; first += ROWS * PILLARS.length) {
  for (const pillar of PILLARS) {
    const batch = batchAt(pillar, first, ROWS);
    // What making the batch left behind is not the analyzer's to clear away.
    collect();
    const time = seconds(() => analyzer.push(pillar, batch));
    spent[first < total / 2 ? "first" : "second"] += time;
    perPillar.set(pillar, (perPillar.get(pillar) ?? 0) + time);
    if ((first / (ROWS * PILLARS.length)) % SAMPLE === 0) {
      collect();
      decoding += SAMPLE * seconds(() => decodeSignals(batch, names));
    }
  }
}
spent.second += seconds(() => analyzer.finish());
const rss = process.memoryUsage.rss() / 2 ** 20;
const evictions = analyzer.coverage().reduce((sum, one) => sum + one.evictions, 0);
process.stdout.write(
  `${total} events of ${population} entities per pillar: ${million(total / (spent.first + spent.second))} events per second of one core\n` +
    `  first half ${spent.first.toFixed(2)} s, second half ${spent.second.toFixed(2)} s (linear when alike)\n` +
    `  resident set ${rss.toFixed(0)} MiB, generator and buffers included; ${evictions} entries forgotten at the bounds\n` +
    `  about ${((100 * decoding) / (spent.first + spent.second)).toFixed(0)} % of it decoding; per event ` +
    `${[...perPillar].map(([pillar, time]) => `${pillar} ${((1e6 * PILLARS.length * time) / total).toFixed(2)}`).join(", ")} µs\n` +
    `  ${analyzer.anomalies.length} anomalies\n`,
);

for (const lite of [false, true]) {
  const series = new Series(lite);
  const points = 400_000;
  const values = Array.from({ length: points }, (_, i) => 100 + 40 * Math.sin(i / 15) + int(20));
  const time = seconds(() => {
    values.forEach((value, i) => {
      series.push(value, START + i * 300_000);
    });
  });
  process.stdout.write(
    `${lite ? "lite" : "full"} series: ${million(points / time)} points per second of one core, ${(series.bytes / 1024).toFixed(1)} KiB\n`,
  );
}
