import type { AnalyzerState } from "../../analyzer/analyzer.ts";
import type { Pillar } from "../../core/maturity.ts";
import type { HourState } from "../../signals/hours.ts";
import type { LineageState } from "../../signals/lineage.ts";
import type { PillarCriterion } from "../assess.ts";
import type { KeyState } from "./keys.ts";

/** How far the events of a pillar were read. Numbers are ticks, as text. */
export interface Progress {
  /** Everything that was stored before is read. */
  readonly until?: string;
  /** Packs that had no table to read up to `until`: what they find later is read from its start. */
  readonly silent?: readonly string[];
  /** An increment that is being read: up to this ingestion time, and in it all events up to `reached`. */
  readonly pending?: { readonly until: string; readonly reached?: string };
}

export interface PillarState {
  readonly progress: Progress;
  readonly hours: readonly HourState[];
  readonly keys: KeyState;
}

/** What one run leaves to the next. Numbers that JSON cannot hold are text. */
export interface RunState {
  readonly version: 1;
  /** The service that was asked. */
  readonly source: string;
  /** Digest of what the saved numbers depend on: tool, signal queries, longest look-back. */
  readonly basis: string;
  readonly tables: {
    /** Ticks: what is known about the tables is as of then. */
    readonly asOf: string;
    readonly known: readonly {
      readonly name: string;
      readonly rows: number;
      readonly newest: string | null;
      readonly unreadable?: string;
    }[];
  };
  readonly criteria: {
    /** Ticks. */
    readonly asOf: string;
    /** Digest of the definitions and the configuration. */
    readonly basis: string;
    readonly results: readonly PillarCriterion[];
  } | null;
  /** The newest sign-ins; absent in a state of an earlier version. */
  readonly lineage?: LineageState;
  readonly analyzer: AnalyzerState;
  readonly pillars: Readonly<Partial<Record<Pillar, PillarState>>>;
}
