import { Analyzer } from "../../src/analyzer/analyzer.ts";
import { loadDetectors } from "../../src/analyzer/registry.ts";
import { Series } from "../../src/analyzer/series/series.ts";
import type { ColumnBatch } from "../../src/backends/types.ts";
import type { Value } from "../../src/core/kusto.ts";
import { PILLARS, type Pillar } from "../../src/core/maturity.ts";
import { Random } from "../../src/stats/random.ts";
import { startProfile } from "./analyzer-profile.ts";

/**
 * Speed and memory of the analyzer alone, per second of processor time:
 *   npm run bench:analyzer -- [events] [entities] [profile]
 * Six pillars in equal parts, decoded, verified and through all detectors; then the time-series detector. With `profile`,
 * also the share that each part has of the time; the profiler slows the run down.
 */
const [events = "8000000", entities = "20000", mode = ""] = process.argv.slice(2).map((x) => x.replaceAll("_", ""));
const [total, population] = [Number(events), Number(entities)];
const ROWS = 2048;
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

/** A row's cells beyond the ones of every pillar, in the order of the pillar's columns. */
type Maker = (subject: string) => readonly Value[];

interface Source {
  readonly prefix: string;
  readonly type: string;
  readonly columns: readonly string[];
  readonly make: Maker;
}

const SOURCES: Readonly<Record<Pillar, Source>> = {
  identities: {
    prefix: "user",
    type: "user",
    columns:
      "Resource Operation Protocol App IP ASN Country Latitude Longitude UserAgent DeviceId ResultCode SessionId TokenId".split(
        " ",
      ),
    make: (subject) => [
      ...["portal", "interactive sign-in", "oAuth2", pick(["teams", "mail", "crm"])],
      ...[address(subject), "64496", "US", 47.6, -122.1, "edge", `d-${subject}`],
      ...[random.next() < 0.97 ? "0" : "50126", `s-${subject}`, `t-${subject}-${int(4)}`],
    ],
  },
  devices: {
    prefix: "host",
    type: "host",
    columns: ["Resource", "DeviceId", "Operation", "Protocol", "ResultCode"],
    make: (subject) => ["monitoring agent", subject, "heartbeat", "", ""],
  },
  applications: {
    prefix: "caller",
    type: "user",
    columns: "Resource Operation App IP UserAgent Bytes DurationMs Protocol ResultCode".split(" "),
    make: (subject) => [
      ...[`https://api.contoso.com/orders/${int(5000)}`, pick(["get", "list"]), "partner", address(subject), "client"],
      ...[int(9000), 20 + int(60), "HTTP/1.1", random.next() < 0.98 ? "200" : "404"],
    ],
  },
  network: {
    prefix: "vm",
    type: "host",
    columns: "Resource Port Protocol Operation IP Bytes Packets DurationMs ResultCode".split(" "),
    make: (subject) => [
      ...[`10.1.${int(8)}.${int(250)}`, pick([443, 1433, 8443]), "T", "Outbound", address(subject)],
      ...[int(90_000), int(90), int(5000), "Allowed"],
    ],
  },
  data: {
    prefix: "reader",
    type: "user",
    columns: "Resource Operation App IP Bytes DurationMs UserAgent ResultCode".split(" "),
    make: (subject) => [
      ...[`data/reports/${int(5000)}`, "GetBlob", "data", address(subject), int(200_000), int(40), "sdk", "200"],
    ],
  },
  infrastructure: {
    prefix: "ops",
    type: "workload",
    columns: "Resource Operation IP App ResultCode TokenId".split(" "),
    make: (subject) => [
      ...[`/subscriptions/s/vm${int(900)}`, "MICROSOFT.COMPUTE/VIRTUALMACHINES/WRITE", address(subject)],
      ...["pipeline", "Success", `t-${subject}`],
    ],
  },
};

const FACETS = ["Identity", "Device", "Context", "Policy", "Session", "Encryption"];

/** As `TextReader` has them: a text of at most so many bytes is known by its bytes, whatever vector it comes in. */
const [INLINE, PLACES] = [12, 4096];
const known = new Array<string>(PLACES).fill("");

/** Texts as the reader of the database's vectors hands them over: flat, never hashed, and one object per cell but for short ones that it met lately. */
function freshen(cells: Value[]): void {
  if (!cells.every((cell) => typeof cell === "string")) return;
  const bytes = Buffer.from(cells.join(""), "latin1");
  let at = 0;
  cells.forEach((cell, i) => {
    const place = cell.length <= INLINE ? placeOf(bytes, at, cell.length) : -1;
    if (place >= 0 && known[place] === cell) cells[i] = known[place] as string;
    else {
      const own = bytes.toString("latin1", at, at + cell.length);
      cells[i] = own;
      if (place >= 0) known[place] = own;
    }
    at += cell.length;
  });
}

function placeOf(bytes: Buffer, at: number, length: number): number {
  let hash = length;
  for (let i = at; i < at + length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return (hash ^ (hash >>> 15)) & (PLACES - 1);
}

/** The columns of each pillar's batch, filled anew for every batch: making it must leave little behind. */
const tables = new Map<Pillar, ReadonlyMap<string, Value[]>>(
  PILLARS.map((pillar) => {
    const names = ["TimeGenerated", "EventId", "Subject", "SubjectType", ...FACETS, ...SOURCES[pillar].columns];
    return [pillar, new Map(names.map((name) => [name, new Array<Value>(ROWS).fill(null)]))];
  }),
);

function batchAt(pillar: Pillar, first: number): ColumnBatch {
  const { prefix, type, columns, make } = SOURCES[pillar];
  const table = tables.get(pillar) as ReadonlyMap<string, Value[]>;
  const put = (name: string, row: number, value: Value): void => {
    (table.get(name) as Value[])[row] = value;
  };
  for (let row = 0; row < ROWS; row++) {
    const time = START + Math.floor(((first + row) / total) * 30 * DAY);
    const subject = entity(prefix);
    put("TimeGenerated", row, new Date(time).toISOString().replace("Z", "0000Z"));
    put("EventId", row, `${first + row}`);
    put("Subject", row, subject);
    put("SubjectType", row, type);
    FACETS.forEach((name, f) => {
      put(name, row, f === 1 && row % 50 === 0 ? "failed" : "verified");
    });
    make(subject).forEach((value, i) => {
      put(columns[i] as string, row, value);
    });
  }
  for (const cells of table.values()) freshen(cells);
  return { rowCount: ROWS, columns: table };
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
const stopProfile = mode === "profile" ? await startProfile() : undefined;
for (let first = 0; first < total; first += ROWS * PILLARS.length) {
  for (const pillar of PILLARS) {
    const batch = batchAt(pillar, first);
    // What making the batch left behind is not the analyzer's to clear away.
    collect();
    const time = seconds(() => analyzer.push(pillar, batch));
    spent[first < total / 2 ? "first" : "second"] += time;
    perPillar.set(pillar, (perPillar.get(pillar) ?? 0) + time);
  }
}
spent.second += seconds(() => analyzer.finish());
const shares = await stopProfile?.();
const rss = process.memoryUsage.rss() / 2 ** 20;
(globalThis as { gc?: () => void }).gc?.();
const { heapUsed, external } = process.memoryUsage();
const evictions = analyzer.coverage().reduce((sum, one) => sum + one.evictions, 0);
process.stdout.write(
  `${total} events of ${population} entities per pillar: ${million(total / (spent.first + spent.second))} events per second of one core\n` +
    `  first half ${spent.first.toFixed(2)} s, second half ${spent.second.toFixed(2)} s (linear when alike)\n` +
    `  resident set ${rss.toFixed(0)} MiB, generator and buffers included, of which ${((heapUsed + external) / 2 ** 20).toFixed(0)} MiB are in use; ` +
    `${evictions} entries forgotten at the bounds\n` +
    "  per event " +
    `${[...perPillar].map(([pillar, time]) => `${pillar} ${((1e6 * PILLARS.length * time) / total).toFixed(2)}`).join(", ")} µs\n` +
    `  ${analyzer.anomalies.length} anomalies\n` +
    (shares ?? []).map(([part, share]) => `  ${(100 * share).toFixed(1).padStart(5)} % ${part}\n`).join(""),
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
