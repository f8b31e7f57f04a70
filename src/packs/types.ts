import type { Direction, LadderStage, Pillar, Thresholds } from "../core/maturity.ts";
import type { Fixtures, Maps } from "./schema.ts";

interface PackBase {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly pillar: Pillar;
  /** A table that must be there, or a list of which one must. */
  readonly tables: readonly (string | readonly string[])[];
  readonly query: string;
  /** The data connectors that fill the tables, by the tables they fill. */
  readonly connectors: readonly { readonly id: string; readonly tables: readonly string[] }[];
  /** Features that a backend must have. */
  readonly requires: readonly string[];
  /** Days. */
  readonly window: number;
  readonly tactics: readonly string[];
  readonly techniques: readonly string[];
  readonly maps: Maps;
  /** Present when the packs were loaded with their fixtures. */
  readonly fixtures?: Fixtures;
  readonly file: string;
}

/** Where a threshold comes from. S: it stands in the cited source; D: derived from it; J: judgement. */
export interface ThresholdSource {
  readonly source: "S" | "D" | "J";
  readonly cite: string;
}

export interface CriterionPack extends PackBase {
  readonly kind: "criterion";
  /** The first stage that requires the criterion. */
  readonly stage: LadderStage;
  readonly direction: Direction;
  readonly thresholds: Thresholds;
  readonly sources: Readonly<Partial<Record<LadderStage, ThresholdSource>>>;
  readonly minimum: number;
  readonly snapshot: boolean;
  /** Days per bucket. */
  readonly slicing: number;
  /** Complete text: the `let` statements of `query`, then the statement that lists the offenders. */
  readonly offendersQuery?: string;
  /** The offender column that counts the failed events of a row. */
  readonly offendersCount?: string;
  /** Table → columns without which the counts mean nothing. */
  readonly columns: Readonly<Record<string, readonly string[]>>;
  /** The stage that an organisation leaves only while the criterion holds; `optimal`: that it sustains only so. */
  readonly gate?: LadderStage;
  readonly seed: readonly string[];
  readonly next: string;
}

export interface SignalPack extends PackBase {
  readonly kind: "signal";
}

export type Pack = CriterionPack | SignalPack;

export interface Packs {
  /** Ordered by pillar, then id. */
  readonly criteria: readonly CriterionPack[];
  readonly signals: readonly SignalPack[];
}
