import type { QueryBackend } from "../backends/types.ts";
import type { Assessment } from "../core/assessment.ts";
import type { Reads } from "../packs/prepared.ts";
import type { Packs } from "../packs/types.ts";
import { REVOKED, STEPPED_UP, withChanges } from "./changes.ts";
import { FLOWS, gatherInsights } from "./insights.ts";

interface Wanted {
  readonly packs: Packs;
  readonly insights?: boolean;
  readonly changes?: boolean;
}

/** The queries that do not build on a signal's own, and what they read: an ingest loads no other column. */
export const OWN_QUERIES = {
  insights: {
    texts: [FLOWS],
    reads: {
      NTANetAnalytics:
        "AclRule BytesDestToSrc BytesSrcToDest DestIp DestPublicIps DestSubnet FlowStatus FlowType NsgRule NsgRuleType SrcIp SrcPublicIps SrcSubnet SubType",
    },
  },
  changes: {
    texts: [REVOKED, STEPPED_UP],
    reads: {
      AuditLogs: "Id InitiatedBy OperationName Result TargetResources TimeGenerated",
      SigninLogs: "AuthenticationRequirement ResultType SessionId TimeGenerated UserId UserPrincipalName",
    },
  },
} as const;

/** What the packs read, and what is asked beside them. */
export function readsWith(reads: Reads, wanted: Omit<Wanted, "packs">): Reads {
  const all = new Map(reads);
  for (const kind of ["insights", "changes"] as const) {
    if (!wanted[kind]) continue;
    for (const [table, columns] of Object.entries(OWN_QUERIES[kind].reads))
      all.set(table, new Set([...(all.get(table) ?? []), ...columns.split(" ")]));
  }
  return all;
}

/** The assessment with what is shown or told beside it, where it is wanted: what a page draws, changes of access. */
export async function withExtras(assessment: Assessment, backend: QueryBackend, wanted: Wanted): Promise<Assessment> {
  const told = await withChanges(assessment, backend, wanted);
  if (!wanted.insights) return told;
  const { insights, problems } = await gatherInsights(backend, wanted.packs, told);
  return { ...told, warnings: [...told.warnings, ...problems], insights };
}
