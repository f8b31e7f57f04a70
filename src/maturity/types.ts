import type { Exception } from "../core/assessment.ts";
import type { Value } from "../core/kusto.ts";
import type { Direction, LadderStage, Pillar, Thresholds } from "../core/maturity.ts";

/** A table that must be there, or a group of which one must. */
export type TableRequirement = string | readonly string[];

export interface CriterionDefinition {
  readonly id: string;
  readonly name: string;
  readonly pillar: Pillar;
  /** The first stage that requires the criterion. */
  readonly stage: LadderStage;
  readonly direction: Direction;
  /** Proportions in [0, 1]; a stage without one takes that of the next lower stage. */
  readonly thresholds: Thresholds;
  /** Smallest denominator that carries a verdict. */
  readonly minimum: number;
  /** Days. */
  readonly window: number;
  readonly tables: readonly TableRequirement[];
  /** Features that a backend must have. */
  readonly requires?: readonly string[];
  /** Table → columns without which the counts mean nothing. */
  readonly columns?: Readonly<Record<string, readonly string[]>>;
  /** The stage that an organisation leaves only while the criterion holds. */
  readonly gate?: LadderStage;
  readonly next: string;
  readonly query: string;
  readonly offendersQuery?: string;
  /** Offender column that counts the failed events of a row. Absent: the one that adds up to all failures. */
  readonly offendersCount?: string;
}

/** What the queries of a criterion answered. */
export interface Measurement {
  /** Null when the query gave no row. */
  readonly numerator: number | null;
  readonly denominator: number | null;
  /** Numerators that replace `numerator` at their stage, where the target itself differs per stage. */
  readonly perStage?: Readonly<Partial<Record<LadderStage, number>>>;
  readonly presentTables: readonly string[];
  /** Present tables whose newest row is older than their cadence allows. */
  readonly staleTables: readonly string[];
  /** Tables that hold rows which this identity may not see, each with the reason. */
  readonly unreadable?: ReadonlyMap<string, string>;
  /** Why the backend cannot run the query at all. */
  readonly lacking?: string;
  /** Needed columns that no row of a present table has, as `Table.Column`. */
  readonly missingColumns?: readonly string[];
  /** Why the answer is not all there is. */
  readonly partial?: string;
  readonly offenders: readonly Readonly<Record<string, Value>>[];
  /** The query text as run, where it differs from the definition's. */
  readonly query?: string;
}

export interface EvaluationContext {
  /** ISO 8601; decides which exceptions have expired. */
  readonly asOf: string;
  readonly exceptions: readonly Exception[];
}
