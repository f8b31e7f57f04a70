export { Analyzer, type AnalyzerOptions, createAnalyzer } from "./analyzer/analyzer.ts";
export { loadDetectors } from "./analyzer/registry.ts";
export type { Detector } from "./analyzer/types.ts";
export { EmbeddedBackend, type EmbeddedOptions } from "./backends/embedded/backend.ts";
export { type KustoOptions, openKusto } from "./backends/kusto/open.ts";
export type { LiveBackend } from "./backends/live/backend.ts";
export { type LogsOptions, openLogs } from "./backends/logs/open.ts";
export type { ColumnBatch, OpenResult, QueryBackend, QueryOptions, TableInfo } from "./backends/types.ts";
export type {
  Anomaly,
  Assessment,
  CriterionResult,
  InputReport,
  PillarResult,
  VerificationRate,
} from "./core/assessment.ts";
export {
  type Diagnostic,
  EXIT,
  IncompleteDataError,
  UnauthorizedError,
  UsageError,
  ZtlensError,
} from "./core/errors.ts";
export type { Column, QueryResult, ScalarType, Timespan, Value } from "./core/kusto.ts";
export { LADDER, PILLARS, type Pillar, STAGES, STATES, type Stage, type State } from "./core/maturity.ts";
export { formatDatetime, formatTimespan, parseIsoDatetime } from "./core/ticks.ts";
export { type BundleOptions, writeBundle } from "./evidence/bundle.ts";
export { type Check, verifyBundle } from "./evidence/verify.ts";
export { compile } from "./kql/index.ts";
export type { CompileOptions, CompileResult, Schema } from "./kql/types.ts";
export { type AssessOptions, assess } from "./maturity/assess.ts";
export { type Configuration, readConfiguration } from "./maturity/config.ts";
export { assessIncrementally, type IncrementalOptions } from "./maturity/incremental.ts";
export { assessLive, type LiveRunOptions } from "./maturity/live.ts";
export { type ReplayOptions, replay } from "./maturity/replay.ts";
export { render as renderHtml } from "./outputs/html.ts";
export { render as renderJson } from "./outputs/json.ts";
export { render as renderTerminal } from "./outputs/terminal.ts";
export { loadPacks } from "./packs/load.ts";
export type { Packs } from "./packs/types.ts";
export { createServer, type ServerOptions } from "./server/server.ts";
export { type SimulateOptions, simulate } from "./simulate/simulate.ts";
