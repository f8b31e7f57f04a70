import type { Value } from "./kusto.ts";
import type { Direction, LadderStage, Pillar, Stage, State, Thresholds } from "./maturity.ts";

/** The result of `replay` and `run`: the JSON contract, and the one input of every output. Times are ISO 8601 UTC. */
export interface Assessment {
  readonly asOf: string;
  readonly window: { readonly start: string; readonly end: string };
  readonly tool: { readonly name: string; readonly version: string };
  readonly pillars: readonly PillarResult[];
  readonly anomalies: readonly Anomaly[];
  /** The anomalies, grouped by subject and time. */
  readonly findings?: readonly Finding[];
  /** Present when a self-test was asked for. */
  readonly canary?: CanaryReport;
  /** The queries as run that no criterion holds: those of offenders that were found, and of the events. */
  readonly queries?: readonly AskedQuery[];
  readonly inputs: readonly InputReport[];
  readonly warnings: readonly string[];
  readonly insights?: Insights;
  /** Changes of access that the logs record, oldest first; asked for on demand. */
  readonly changes?: readonly AccessChange[];
  /** The same at earlier moments, oldest first. */
  readonly history?: readonly Moment[];
  /** Present where earlier moments were asked for too. */
  readonly timeTravel?: History;
  /** Present where parts of the organisation were asked for on their own. */
  readonly scopes?: readonly ScopeResult[];
}

/** A query as it was run; `id` is that of its criterion or signal. */
export interface AskedQuery {
  readonly kind: "offenders" | "signal";
  readonly id: string;
  readonly query: string;
  /** sha256 of the text, hex. */
  readonly queryDigest: string;
}

/** The stages of a subscription, an application or a list of assets: the criteria over their rows alone. */
export interface ScopeResult {
  readonly kind: "subscription" | "application" | "assets";
  readonly name: string;
  /** That of the weakest of its pillars. */
  readonly stage: Stage;
  /** Those of which some criterion has rows in the scope. */
  readonly pillars: readonly ScopePillar[];
  /** Criteria whose rows nothing attributes to the scope. */
  readonly tenantWide: readonly string[];
  /** Criteria that found nothing of their kind in the scope. */
  readonly nothing: readonly string[];
}

export interface ScopePillar {
  readonly pillar: Pillar;
  readonly stage: Stage;
  readonly blockedBy: readonly string[];
  readonly criteria: readonly ScopeCriterion[];
}

export type ScopeCriterion = CriterionStep & Pick<CriterionResult, "reason">;

/** What charts need of an assessment at one moment. */
export interface Moment {
  readonly asOf: string;
  readonly pillars: readonly {
    readonly pillar: Pillar;
    readonly stage: Stage;
    readonly rate: number | null;
  }[];
  readonly criteria: readonly Pick<CriterionResult, "id" | "state" | "stage" | "value">[];
}

/** The same organisation at earlier moments, oldest first; the last step is the moment of the assessment. */
export interface History {
  /** Milliseconds between two steps. */
  readonly step: number;
  readonly steps: readonly HistoryStep[];
  /** One per measured criterion that is not at the top. */
  readonly outlooks: readonly Outlook[];
}

export interface HistoryStep {
  readonly asOf: string;
  /** Of the organisation: that of its weakest pillar. */
  readonly stage: Stage;
  readonly pillars: readonly PillarStep[];
}

export interface PillarStep {
  readonly pillar: Pillar;
  readonly stage: Stage;
  /** After hysteresis over weekly buckets: promoted after two good ones, demoted after a bad one. */
  readonly confirmed: Stage;
  readonly blockedBy: readonly string[];
  /** The events since the step before. */
  readonly continuousVerification: VerificationRate;
  readonly criteria: readonly CriterionStep[];
}

export type CriterionStep = Pick<
  CriterionResult,
  "id" | "stage" | "state" | "numerator" | "denominator" | "value" | "low" | "high"
>;

/** When a criterion's trend reaches the threshold of its next stage; without skill in the past there is no date. */
export interface Outlook {
  readonly criterion: string;
  readonly stage: LadderStage;
  readonly threshold: number;
  readonly reaches: string | null;
  /** 95 % interval of the slope; `latest` is null where the trend may also never get there. */
  readonly earliest?: string | null;
  readonly latest?: string | null;
  readonly perWeek?: number;
  /** 1 − error / error of "stays as it is" over past forecasts of the same horizon. */
  readonly skill?: number;
  readonly trials?: number;
  /** Why there is no date. */
  readonly reason?: string;
}

export interface PillarResult {
  readonly pillar: Pillar;
  readonly stage: Stage;
  /** The criteria that keep the pillar from its next stage, or from any stage. */
  readonly blockedBy: readonly string[];
  readonly continuousVerification: VerificationRate;
  /** Absent where the pillar had no event. */
  readonly trust?: TrustSummary;
  readonly criteria: readonly CriterionResult[];
}

/**
 * Events with no failed facet and enough known ones, over events with enough known ones. `rate`, `low` and `high`
 * (Wilson, 95 %) are null when `verified + failed` is 0; `unknown` is reported, never counted as half.
 */
export interface VerificationRate {
  readonly verified: number;
  readonly failed: number;
  readonly unknown: number;
  readonly rate: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

/** Ages in seconds. */
export interface Freshness {
  readonly events: number;
  readonly p50: number | null;
  readonly p90: number | null;
  readonly p99: number | null;
}

/** How far the subjects of a pillar can be trusted at its newest event, and how old the proofs were that they relied on. */
export interface TrustSummary {
  readonly subjects: number;
  /** Subjects that were strongly verified at least once. */
  readonly proved: number;
  readonly sessions: number;
  /** Subjects and sessions forgotten because the memory bound was reached. */
  readonly forgotten: number;
  /** Median trust of the proved subjects, 0 to 1. */
  readonly median: number | null;
  /** Proved subjects with contradicting signals since, the least trusted first. */
  readonly lowest: readonly { readonly subject: string; readonly trust: number; readonly failed: readonly string[] }[];
  /** Events of subjects that had not been strongly verified before. */
  readonly unprovedEvents: number;
  /** Time since the subject's last strong verification, at every event. */
  readonly sinceStrong: Freshness;
  /** Time since the session was first seen, at every event. */
  readonly sessionAge: Freshness;
  /** Time between two reports of a device or host. */
  readonly reportAge: Freshness;
}

export interface CriterionResult {
  readonly id: string;
  readonly name: string;
  /** Only `met` and `excepted` carry a stage above `traditional`; an unassessed criterion is `not_assessable`. */
  readonly stage: Stage;
  readonly state: State;
  /** The first stage that requires the criterion. */
  readonly requiredFrom: LadderStage;
  readonly numerator: number | null;
  readonly denominator: number | null;
  /** numerator / denominator and its Wilson 95 % bounds; null without a denominator. */
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** The stage that the organisation leaves only while the criterion holds; `optimal`: that it sustains only so. */
  readonly gate?: LadderStage;
  readonly direction: Direction;
  readonly thresholds: Thresholds;
  readonly minimum: number;
  /** One sentence: the arithmetic behind the state, or why there is none. */
  readonly reason: string;
  readonly next: string;
  readonly tables: readonly string[];
  readonly offenders: readonly Readonly<Record<string, Value>>[];
  readonly query: string;
  /** sha256 of the query text as run, hex. */
  readonly queryDigest: string;
  /** Present when an unexpired exception names the criterion or one of its offenders. */
  readonly exceptions?: ExceptionEffect;
}

/** An accepted deviation. It counts until `expires`; a date without a time counts to its end, UTC. */
export interface Exception {
  readonly criterion: string;
  /** An offender that is left out of the counts; without it the whole criterion is excepted. */
  readonly entity?: string;
  readonly reason: string;
  readonly owner: string;
  readonly expires: string;
}

export interface ExceptionEffect {
  readonly applied: readonly Exception[];
  /** What the criterion would be without them. */
  readonly without: Pick<CriterionResult, "state" | "stage" | "numerator" | "denominator" | "value">;
}

export interface Anomaly {
  readonly id: string;
  readonly pillar: Pillar;
  readonly detector: string;
  readonly subject: string;
  readonly time: string;
  /** The detector's own scale; larger is more anomalous. */
  readonly score: number;
  /** Probability of so high a score of this detector on a subject's day, by what the stream showed before. */
  readonly pValue: number | null;
  readonly reason: string;
}

/** Anomalies of one subject at one time, whatever told them. */
export interface Finding {
  readonly id: string;
  readonly subject: string;
  /** Times of the first and the last anomaly. */
  readonly start: string;
  readonly end: string;
  readonly pillars: readonly Pillar[];
  readonly detectors: readonly string[];
  /** Ids of the anomalies, in order of time. */
  readonly anomalies: readonly string[];
  /** Probability of so strong a finding where nothing is wrong; null where no detector could say. */
  readonly pValue: number | null;
  readonly reason: string;
}

/** A self-test with synthetic attacks, which only a shadow of the analyzer saw: no count and no anomaly here is of them. */
export interface CanaryReport {
  readonly injected: readonly {
    readonly pillar: Pillar;
    readonly detector: string;
    /** The detector told it; `toldBy` names all that did. */
    readonly found: boolean;
    readonly toldBy: readonly string[];
    /** From its first event to the first anomaly; null where nothing told it. */
    readonly minutes: number | null;
  }[];
  /** Share of the injected that were found; null where no pillar had events. */
  readonly recall: number | null;
  /** Anomalies on the real events: an upper bound of the false alarms. */
  readonly alarms: number;
  /** Further anomalies that the canaries caused on real subjects. */
  readonly echoes: number;
}

/** Per input file and table, in records: `read = accepted + quarantined + skipped`. */
export interface InputReport {
  readonly file: string;
  readonly shape: string;
  readonly table: string | null;
  readonly read: number;
  readonly accepted: number;
  readonly quarantined: number;
  readonly skipped: number;
  /** How many of the skipped records are there already. */
  readonly duplicates?: number;
  /** Rows of the table that came of the records: a flow log's record holds many. */
  readonly rows?: number;
  /** TimeGenerated of the oldest and the newest row. */
  readonly oldest?: string;
  readonly newest?: string;
  /** Columns that the catalogue does not document for the table. */
  readonly unknownColumns?: readonly string[];
  readonly reason?: string;
  /** The service said that this is not all, or the number of records is one at which portals and APIs cut silently. */
  readonly partial?: boolean;
  readonly problems?: readonly InputProblem[];
  /** The requests that brought the rows of a live input, in order; together they are `read` rows. */
  readonly slices?: readonly InputSlice[];
}

/** The rows of one request: those with a time in [start, end); without a bound where it is the first or last. */
export interface InputSlice {
  readonly start?: string;
  readonly end?: string;
  /** Which of several parts of the rows of one moment. */
  readonly part?: string;
  readonly rows: number;
  readonly attempts: number;
}

export interface InputProblem {
  /** 1-based line of a text file, or 1-based record number inside a document. */
  readonly position: number;
  /** Byte offset of the record where the shape is line-oriented. */
  readonly offset?: number;
  readonly code: string;
  readonly message: string;
}

/** A change of a user's access, in the terms of OpenID's Continuous Access Evaluation Profile. */
export interface AccessChange {
  readonly kind: "session-revoked" | "assurance-level-change";
  /** Of the log's record, or of the session: the same in every run. */
  readonly id: string;
  readonly time: string;
  readonly user: string;
  /** The session that it is about; null where it is about all of the user's. */
  readonly session: string | null;
  readonly by: "admin" | "user" | "system" | "policy";
  readonly reason: string;
}

/** Aggregates of access events that a page draws. Computed on demand; no stage and no digest of a result depends on them. */
export interface Insights {
  /** Where users signed in, on a grid of half degrees; most events first. */
  readonly places: readonly Place[];
  /** Traffic between network segments; most flows first. */
  readonly flows: readonly Flow[];
  readonly activity: readonly Activity[];
  readonly peers: readonly Peers[];
}

export interface Place {
  readonly latitude: number;
  readonly longitude: number;
  readonly country: string;
  readonly events: number;
  /** Sign-ins that were not granted. */
  readonly refused: number;
  /** Sign-ins with a failed facet. */
  readonly failed: number;
  readonly users: number;
  /** The users where they are few. */
  readonly names: readonly string[];
}

export interface Flow {
  readonly source: string;
  readonly target: string;
  readonly flows: number;
  readonly bytes: number;
  readonly denied: number;
  /** Allowed by no rule of the tenant's own. */
  readonly unintended: number;
}

/** Events per step of the window: of one subject, or of the pillar where `subject` is null. */
export interface Activity {
  readonly pillar: Pillar;
  readonly subject: string | null;
  /** Null with the subject. */
  readonly subjectType: string | null;
  readonly start: string;
  readonly stepHours: number;
  readonly events: readonly number[];
  /** Events with a failed facet. */
  readonly failed: readonly number[];
}

/** Events of a subject over the window, among all subjects of a pillar of one type. */
export interface Peers {
  readonly pillar: Pillar;
  readonly subjectType: string;
  readonly subjects: number;
  readonly median: number;
  readonly p95: number;
  readonly most: number;
}
