import { createHash } from "node:crypto";
import type { AskedQuery, CriterionResult } from "../core/assessment.ts";
import { inTimeOrder } from "../packs/statements.ts";
import type { CriterionPack, SignalPack } from "../packs/types.ts";

const asked = (kind: AskedQuery["kind"], id: string, query: string): AskedQuery => ({
  kind,
  id,
  query,
  queryDigest: createHash("sha256").update(query).digest("hex"),
});

/** The queries whose answers are in a result beside those of the criteria: of the offenders that it has, and of events. */
export function askedQueries(
  packs: readonly Pick<CriterionPack, "id" | "offendersQuery">[],
  criteria: readonly Pick<CriterionResult, "id" | "offenders">[],
  signals: readonly SignalPack[],
): AskedQuery[] {
  const found = new Set(criteria.filter(({ offenders }) => offenders.length > 0).map(({ id }) => id));
  return [
    ...packs.flatMap(({ id, offendersQuery }) =>
      offendersQuery !== undefined && found.has(id) ? [asked("offenders", id, offendersQuery)] : [],
    ),
    ...signals.map(({ id, query }) => asked("signal", id, inTimeOrder(query))),
  ];
}
