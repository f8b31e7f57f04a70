import type { Assessment, CriterionResult, PillarResult } from "../core/assessment.ts";
import type { Value } from "../core/kusto.ts";
import { csvRecord } from "../core/text/csv.ts";
import { redactAssessment } from "../evidence/redact.ts";

type Cell = (criterion: CriterionResult, pillar: PillarResult, assessment: Assessment) => Value;

/** One record per criterion. `offenders` is JSON that gives back every value exactly. */
const COLUMNS: Readonly<Record<string, Cell>> = {
  as_of: (_c, _p, assessment) => assessment.asOf,
  pillar: (_c, pillar) => pillar.pillar,
  pillar_stage: (_c, pillar) => pillar.stage,
  criterion: (c) => c.id,
  name: (c) => c.name,
  state: (c) => c.state,
  stage: (c) => c.stage,
  required_from: (c) => c.requiredFrom,
  numerator: (c) => c.numerator,
  denominator: (c) => c.denominator,
  value: (c) => c.value,
  low: (c) => c.low,
  high: (c) => c.high,
  direction: (c) => c.direction,
  threshold_initial: (c) => c.thresholds.initial ?? null,
  threshold_intermediate: (c) => c.thresholds.intermediate ?? null,
  threshold_optimal: (c) => c.thresholds.optimal ?? null,
  minimum: (c) => c.minimum,
  blocks: (c, pillar) => pillar.blockedBy.includes(c.id),
  reason: (c) => c.reason,
  next: (c) => c.next,
  tables: (c) => c.tables,
  query_digest: (c) => c.queryDigest,
  offenders: (c) => c.offenders,
};

export function render(result: Assessment): string {
  const assessment = redactAssessment(result);
  const cells = Object.values(COLUMNS);
  const records = assessment.pillars.flatMap((pillar) =>
    pillar.criteria.map((criterion) => csvRecord(cells.map((cell) => cell(criterion, pillar, assessment)))),
  );
  return csvRecord(Object.keys(COLUMNS)) + records.join("");
}
