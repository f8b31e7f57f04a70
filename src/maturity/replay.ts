import { createAnalyzer } from "../analyzer/analyzer.ts";
import { loadDetectors } from "../analyzer/registry.ts";
import { EmbeddedBackend, type EmbeddedOptions } from "../backends/embedded/backend.ts";
import { type BesideOptions, readBeside } from "../backends/embedded/beside.ts";
import type { Horizon } from "../backends/embedded/ingest/find.ts";
import type { QueryBackend } from "../backends/types.ts";
import type { Assessment } from "../core/assessment.ts";
import { UsageError } from "../core/errors.ts";
import { loadPacks } from "../packs/load.ts";
import { preparePacks } from "../packs/prepared.ts";
import { assess } from "./assess.ts";
import { type Configuration, DEFAULTS } from "./config.ts";
import { readsWith, withExtras } from "./extras.ts";
import type { ScopeRequest } from "./scopes.ts";

/** The folders stand for what query packs of one's own name besides tables. */
export interface ReplayOptions extends BesideOptions {
  /** Files, folders and globs of exported logs. */
  readonly paths: readonly string[];
  /** Ticks; default: the newest TimeGenerated. */
  readonly asOf?: bigint;
  readonly assumeTable?: string;
  /** Files whose folders say that all their rows lie outside of it are not read. */
  readonly horizon?: Horizon;
  /** Folder of query packs; default: the shipped ones. */
  readonly packs?: string;
  readonly configuration?: Configuration;
  /** A DuckDB file that keeps what was loaded, with every column, for later runs. */
  readonly store?: string;
  /** Also what a page draws: the map of sign-ins, the network flows, the activity behind the anomalies. */
  readonly insights?: boolean;
  /** Also the changes of access that the logs record: revoked sessions, stepped-up assurance. */
  readonly changes?: boolean;
  /** Findings a day to tell, about; default: what passes the detectors' own limits. */
  readonly budget?: number;
  /** Also runs the detectors over synthetic attacks in a shadow of the stream, and says how many were found. */
  readonly canary?: boolean;
  /** Looks at the data before the engine closes. */
  readonly inspect?: (backend: QueryBackend, assessment: Assessment) => Promise<void>;
  /** Ticks between the earlier moments that are assessed too; default: none. */
  readonly historyStep?: bigint;
  /** Parts of the organisation that are assessed on their own too. */
  readonly scopes?: readonly ScopeRequest[];
  readonly onLoad?: NonNullable<EmbeddedOptions["onProgress"]>;
  readonly onStep?: (label: string, done: number, total: number) => void;
}

/** Assesses exported logs: loads the columns that the packs read, runs the packs, closes the engine. */
export async function replay(options: ReplayOptions): Promise<Assessment> {
  if (options.canary && options.budget !== undefined)
    throw new UsageError("The self-test runs the detectors at their own limits: ask for it without a budget.");
  const packs = loadPacks(options.packs);
  const wanted = { insights: options.insights === true, changes: options.changes === true };
  const { functions, watchlists, externalData } = options;
  const folders: BesideOptions = {
    ...(functions !== undefined && { functions }),
    ...(watchlists !== undefined && { watchlists }),
    ...(externalData !== undefined && { externalData }),
  };
  const hasBeside = Object.keys(folders).length > 0;
  const { reads, queries } = preparePacks(packs, hasBeside ? await readBeside(folders) : undefined);
  const settings = {
    detectors: await loadDetectors(),
    ...(options.budget !== undefined && { budget: options.budget }),
  };
  const analyzer = createAnalyzer(settings);
  const backend = await EmbeddedBackend.open({
    paths: options.paths,
    prepared: queries,
    ...folders,
    ...(options.store === undefined ? { columns: readsWith(reads, wanted) } : { store: options.store }),
    ...(options.onLoad && { onProgress: options.onLoad }),
    ...(options.assumeTable !== undefined && { assumeTable: options.assumeTable }),
    ...(options.horizon && { horizon: options.horizon }),
  });
  try {
    const assessment = await assess(backend, {
      packs,
      analyzer,
      ...(options.canary && { shadow: createAnalyzer(settings) }),
      inputs: backend.inputs(),
      configuration: options.configuration ?? DEFAULTS,
      ...(options.asOf !== undefined && { asOf: options.asOf }),
      ...(options.historyStep !== undefined && { historyStep: options.historyStep }),
      ...(options.scopes && { scopes: options.scopes }),
      ...(options.onStep && { onStep: options.onStep }),
    });
    await options.inspect?.(backend, assessment);
    return await withExtras(assessment, backend, { packs, ...wanted });
  } finally {
    await backend.close();
  }
}
