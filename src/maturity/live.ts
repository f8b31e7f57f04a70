import { type Analyzer, createAnalyzer } from "../analyzer/analyzer.ts";
import { loadDetectors } from "../analyzer/registry.ts";
import type { LiveBackend } from "../backends/live/backend.ts";
import { pinClock } from "../backends/live/text.ts";
import type { Assessment, InputReport } from "../core/assessment.ts";
import type { Timespan } from "../core/kusto.ts";
import { TICKS_PER_DAY } from "../core/ticks.ts";
import { inTimeOrder } from "../packs/statements.ts";
import type { Packs, SignalPack } from "../packs/types.ts";
import { assess } from "./assess.ts";
import type { Configuration } from "./config.ts";
import { withExtras } from "./extras.ts";
import { windowOf } from "./measure.ts";
import type { ScopeRequest } from "./scopes.ts";

export interface LiveRunOptions {
  readonly packs: Packs;
  /** Ticks. */
  readonly asOf: bigint;
  /** At most so many days are looked at. */
  readonly lastDays?: number;
  readonly configuration?: Configuration;
  /** Findings a day to tell, about; default: what passes the detectors' own limits. */
  readonly budget?: number;
  /** Also what a page draws: the map of sign-ins, the network flows, the activity behind the anomalies. */
  readonly insights?: boolean;
  /** Also the changes of access that the logs record: revoked sessions, stepped-up assurance. */
  readonly changes?: boolean;
  /** Parts of the organisation that are assessed on their own too; in full runs alone. */
  readonly scopes?: readonly ScopeRequest[];
  readonly onStep?: (label: string, done: number, total: number) => void;
}

/** Assesses what a live backend holds, in full. */
export async function assessLive(backend: LiveBackend, options: LiveRunOptions): Promise<Assessment> {
  const analyzer = await liveAnalyzer(options);
  const assessment = await assess(backend, { ...options, analyzer });
  return withJournal(await withExtras(assessment, backend, options), backend, options.packs, {
    queriesOf: ({ query }) => [inTimeOrder(query)],
    skippedOf: () => 0,
    now: options.asOf,
  });
}

export const liveAnalyzer = async ({ budget }: Pick<LiveRunOptions, "budget">): Promise<Analyzer> =>
  createAnalyzer({ detectors: await loadDetectors(), ...(budget !== undefined && { budget }) });

interface Asked {
  /** The texts by which a pack's events were asked. */
  readonly queriesOf: (pack: SignalPack) => readonly string[];
  /** Events that were left out because an earlier run had them. */
  readonly skippedOf: (pack: SignalPack) => number;
  readonly now: bigint;
}

/** The assessment with what was asked for it: the inputs with their slices, and what the service remarked. */
export function withJournal(
  assessment: Assessment,
  backend: LiveBackend,
  { signals }: Packs,
  { queriesOf, skippedOf, now }: Asked,
): Assessment {
  const inputs = signals.map((pack): InputReport => {
    const slices = queriesOf(pack)
      .flatMap((kql) => backend.slicesOf(kql, now))
      .map(({ query: _, milliseconds: __, ...rest }) => rest);
    const read = slices.reduce((sum, slice) => sum + slice.rows, 0);
    const skipped = skippedOf(pack);
    return {
      file: `${backend.name}: ${pack.id}`,
      shape: "query",
      table: pack.tables.flat().join(", "),
      read,
      accepted: read - skipped,
      quarantined: 0,
      skipped,
      slices,
    };
  });
  return { ...assessment, inputs, warnings: [...assessment.warnings, ...backend.journal.warnings] };
}

/** Tables that the packs name. */
export const tablesOf = ({ criteria, signals }: Packs): string[] => [
  ...new Set([...criteria, ...signals].flatMap(({ tables }) => tables.flat())),
];

/** The longest time that a pack looks back, as of a moment: what is asked about tables. */
export function lookBack({ criteria, signals }: Packs, asOf: bigint, lastDays = Number.POSITIVE_INFINITY): Timespan {
  const days = Math.max(1, ...[...criteria, ...signals].map(({ window }) => Math.min(window, lastDays)));
  return { start: asOf - BigInt(days) * TICKS_PER_DAY, end: asOf + 1n };
}

export interface Planned {
  readonly id: string;
  readonly kind: "criterion" | "offenders" | "signal";
  readonly timespan: Timespan;
  readonly kql: string;
}

/** Every query that a run sends, but for the slices of the signals, which depend on how many rows there are. */
export function plannedQueries({ packs, asOf, lastDays = Number.POSITIVE_INFINITY }: LiveRunOptions): Planned[] {
  const planned = (id: string, kind: Planned["kind"], window: number, kql: string): Planned => ({
    id,
    kind,
    timespan: windowOf(asOf, Math.min(window, lastDays)),
    kql: pinClock(kql, asOf).trimEnd(),
  });
  return [
    ...packs.criteria.flatMap(({ id, window, query, offendersQuery }) => [
      planned(id, "criterion", window, query),
      ...(offendersQuery === undefined ? [] : [planned(id, "offenders", window, offendersQuery)]),
    ]),
    ...packs.signals.map(({ id, window, query }) => planned(id, "signal", window, inTimeOrder(query))),
  ];
}
