import type { Assessment } from "../core/assessment.ts";
import { STAGES } from "../core/maturity.ts";
import { MANIFEST_FILE } from "./manifest.ts";

export const STATEMENT_TYPE = "https://in-toto.io/Statement/v1";
export const PREDICATE_TYPE = "https://in-toto.io/attestation/svr/v0.2";
export const PAYLOAD_TYPE = "application/vnd.in-toto+json";

/** An in-toto Statement v1 with a Simple Verification Result. Source: https://github.com/in-toto/attestation */
export interface Statement {
  readonly _type: typeof STATEMENT_TYPE;
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly predicateType: typeof PREDICATE_TYPE;
  readonly predicate: {
    readonly verifier: { readonly id: string };
    readonly timeCreated: string;
    readonly properties: readonly string[];
  };
}

/** The stages that a pillar has proven, as properties: `ZTLENS_IDENTITIES_INITIAL`. An unassessed pillar has none. */
function properties({ pillars }: Assessment): string[] {
  return pillars.flatMap(({ pillar, stage }) => {
    const reached = STAGES.indexOf(stage as (typeof STAGES)[number]);
    return STAGES.slice(1, reached + 1).map((name) => `ZTLENS_${pillar}_${name}`.toUpperCase());
  });
}

/** `manifestDigest` is that of the manifest's canonical form, which lists the digests of everything else. */
export const statementOf = (assessment: Assessment, manifestDigest: string): Statement => ({
  _type: STATEMENT_TYPE,
  subject: [{ name: MANIFEST_FILE, digest: { sha256: manifestDigest } }],
  predicateType: PREDICATE_TYPE,
  predicate: {
    verifier: { id: `pkg:npm/${assessment.tool.name}@${assessment.tool.version}` },
    timeCreated: assessment.asOf,
    properties: properties(assessment),
  },
});
