import type { CriterionResult, PillarResult } from "../../core/assessment.ts";
import { LADDER, type LadderStage, type Pillar } from "../../core/maturity.ts";
import { holds } from "../../maturity/thresholds.ts";
import { missing } from "../../maturity/what-if.ts";
import { integer, plural } from "./format.ts";
import { type Blocker, isUnassessed, nextStage, thresholdAt } from "./ladder.ts";
import { type Offender, offenderLabel } from "./offenders.ts";

/** Events that count against a criterion. */
export function failuresOf({ direction, numerator, denominator }: CriterionResult): number {
  if (numerator === null || denominator === null) return 0;
  return direction === "atLeast" ? denominator - numerator : numerator;
}

/** Failed events that would have to be good for the criterion to hold at a stage; undefined where not even all would do. */
export const fixesFor = (criterion: CriterionResult, stage: LadderStage): number | undefined =>
  thresholdAt(criterion, stage) === undefined || isUnassessed(criterion.state)
    ? undefined
    : missing(criterion, criterion, stage);

/** Good events that could fail before the criterion loses the stage that it has; undefined where it has none. O(log n). */
export function slackOf(criterion: CriterionResult): number | undefined {
  const stage = LADDER.find((step) => step === criterion.stage);
  const { numerator, denominator, direction } = criterion;
  const threshold = stage && thresholdAt(criterion, stage);
  if (threshold === undefined || numerator === null || !denominator) return undefined;
  const holdsWith = (lost: number): boolean =>
    holds(direction, threshold, direction === "atLeast" ? numerator - lost : numerator + lost, denominator);
  if (!holdsWith(0)) return undefined;
  let [low, high] = [0, denominator - failuresOf(criterion)];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (holdsWith(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The stage that a criterion itself would reach next; undefined at the top of its thresholds. */
export function nextOwnStage(criterion: CriterionResult): LadderStage | undefined {
  const reached = LADDER.indexOf(criterion.stage as LadderStage);
  return LADDER.find((_, i) => i > reached && i >= LADDER.indexOf(criterion.requiredFrom));
}

/** At most one event in a hundred, or two, decide. */
const isFew = (events: number, { denominator }: CriterionResult): boolean =>
  events <= Math.max(2, Math.floor((denominator ?? 0) / 100));

/** `miss`: few fixed events short of its next stage. `hold`: few failures away from losing the stage that it has. */
export function nearness(criterion: CriterionResult): "miss" | "hold" | null {
  const stage = nextOwnStage(criterion);
  const fixes = stage && fixesFor(criterion, stage);
  if (fixes !== undefined && fixes > 0 && isFew(fixes, criterion)) return "miss";
  const slack = slackOf(criterion);
  return slack !== undefined && isFew(slack, criterion) && failuresOf(criterion) + slack > 0 ? "hold" : null;
}

/** Failed events per subject: the counted column, or one per row where the rows are the failures. */
export function failuresBySubject(criterion: CriterionResult): Map<string, number> {
  const failures = new Map<string, number>();
  for (const offender of criterion.offenders) {
    const { subject } = offenderLabel(offender);
    failures.set(subject, (failures.get(subject) ?? 0) + failedEvents(offender));
  }
  return failures;
}

const failedEvents = (offender: Offender): number => {
  const counted = Object.hasOwn(offender, "Failed") ? offender.Failed : undefined;
  return typeof counted === "number" && counted > 0 ? counted : 1;
};

export interface Lever {
  readonly pillar: Pillar;
  readonly stage: LadderStage;
  /** Events that must be fixed, per criterion that blocks the next stage and can be reached. */
  readonly needed: ReadonlyMap<CriterionResult, number>;
  /** Criteria that block it, whether fixing events reaches them or not. */
  readonly blocking: number;
}

/** What fixing failed events can do for a pillar's next stage; undefined at the top. */
export function leverOf(pillar: PillarResult): Lever | undefined {
  const stage = nextStage(pillar);
  if (!stage) return undefined;
  const blocking = pillar.criteria.filter(({ id }) => pillar.blockedBy.includes(id));
  const needed = new Map(
    blocking.flatMap((criterion) => {
      const fixes = fixesFor(criterion, stage);
      return fixes ? [[criterion, fixes] as const] : [];
    }),
  );
  return { pillar: pillar.pillar, stage, needed, blocking: pillar.blockedBy.length };
}

/** The offenders, largest first, that hold the failed events that must be fixed; undefined where the listed do not. */
export function fewestOffenders(criterion: CriterionResult, needed: number): string[] | undefined {
  const largest = [...failuresBySubject(criterion)].sort((a, b) => b[1] - a[1]);
  let sum = 0;
  const last = largest.findIndex(([, size]) => {
    sum += size;
    return sum >= needed;
  });
  return last < 0 ? undefined : largest.slice(0, last + 1).map(([subject]) => subject);
}

/** The least that has to be repaired for a criterion to reach its next stage. */
export interface Repair {
  readonly stage: LadderStage;
  /** Failed events that have to be good, of so many. */
  readonly events: number;
  readonly of: number;
  /** The fewest offenders that hold so many; null where the listed ones do not. */
  readonly offenders: readonly string[] | null;
}

/** Undefined where nothing failed, nothing is known, or not even all repairs would do. */
export function repairOf(criterion: CriterionResult): Repair | undefined {
  const stage = nextOwnStage(criterion);
  const events = stage && fixesFor(criterion, stage);
  if (!stage || !events) return undefined;
  return { stage, events, of: failuresOf(criterion), offenders: fewestOffenders(criterion, events) ?? null };
}

const LONGEST = 60;
const clip = (text: string): string => {
  const characters = [...text];
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST - 1).join("")}…` : text;
};

/** `Fixing 298 of 321 failed events would be enough; 12 offenders hold them.` Empty where nothing can be said. */
export function wayOut({ criterion, stage }: Blocker): string {
  if (!criterion || !stage || isUnassessed(criterion.state)) return "";
  const fixes = fixesFor(criterion, stage);
  if (fixes === undefined) return "Too few events: even without a failure the bound would fall short.";
  if (fixes === 0) return "";
  const holders = fewestOffenders(criterion, fixes);
  const [first, second] = holders ?? [];
  const who =
    first === undefined
      ? ""
      : second === undefined
        ? `; ${clip(first)} holds them`
        : `; ${integer(holders?.length ?? 0)} offenders hold them`;
  return `Fixing ${integer(fixes)} of ${plural(failuresOf(criterion), "failed event")} would be enough${who}.`;
}
