import type { Assessment, CriterionResult, InputReport, PillarResult } from "../core/assessment.ts";
import type { State } from "../core/maturity.ts";
import { jsonText } from "../core/text/json.ts";
import { sarifText } from "../core/text/sarif.ts";
import { uuidOf } from "../evidence/digest.ts";
import { MANIFEST_FILE } from "../evidence/manifest.ts";
import { redactAssessment } from "../evidence/redact.ts";
import type { Evidence, ViewOptions } from "./view/evidence.ts";
import { isUnassessed } from "./view/ladder.ts";

const text = (value: string): { text: string } => ({
  text: sarifText(value) === "" ? "–" : sarifText(value),
});

/** `open`: evaluated without enough information. Only `fail` carries a level (SARIF 2.1.0 §3.27.9–10). */
function kindOf(state: State): "pass" | "fail" | "open" {
  if (state === "met") return "pass";
  return isUnassessed(state) ? "open" : "fail";
}

function levelOf(criterion: CriterionResult, pillar: PillarResult): "none" | "warning" | "error" {
  if (kindOf(criterion.state) !== "fail") return "none";
  return pillar.blockedBy.includes(criterion.id) ? "error" : "warning";
}

const rule = (criterion: CriterionResult) => ({
  id: sarifText(criterion.id),
  shortDescription: text(criterion.name),
  help: text(criterion.next),
  properties: {
    requiredFrom: criterion.requiredFrom,
    direction: criterion.direction,
    thresholds: criterion.thresholds,
    tables: criterion.tables,
  },
});

function resultOf(criterion: CriterionResult, pillar: PillarResult, index: number) {
  const { numerator, denominator, value, low, high, stage, state } = criterion;
  return {
    ruleId: sarifText(criterion.id),
    ruleIndex: index,
    kind: kindOf(state),
    level: levelOf(criterion, pillar),
    message: text(criterion.reason),
    locations: [
      {
        logicalLocations: [
          {
            name: pillar.pillar,
            fullyQualifiedName: `pillars/${pillar.pillar}`,
            kind: "module",
          },
        ],
      },
    ],
    partialFingerprints: {
      "criterion/v1": uuidOf(`${pillar.pillar}\n${criterion.id}`),
      "query/v1": criterion.queryDigest,
    },
    ...(state === "excepted"
      ? {
          suppressions: [{ kind: "external", justification: sarifText(criterion.reason) }],
        }
      : {}),
    properties: {
      state,
      stage,
      numerator,
      denominator,
      value,
      low,
      high,
      offenders: criterion.offenders.length,
    },
  };
}

/** A relative URI of a file name that anybody may have chosen. */
const uri = (name: string): string => name.toWellFormed().split("/").map(encodeURIComponent).join("/");

const inputArtifact = ({ file, read, accepted, quarantined, skipped }: InputReport) => ({
  location: { uri: uri(file) },
  roles: ["analysisTarget"],
  properties: { read, accepted, quarantined, skipped },
});

const queryArtifact = ({ query, queryDigest }: CriterionResult) => ({
  location: { uri: `queries/${uri(queryDigest)}.kql` },
  contents: { text: query },
  hashes: { "sha-256": queryDigest },
});

const manifestArtifact = ({ digest }: Evidence) => ({
  location: { uri: MANIFEST_FILE },
  description: { text: "Manifest of the evidence bundle that these results are of" },
  hashes: { "sha-256": digest },
});

/** Inputs and queries, each once: SARIF wants unique artifacts, and several criteria may share a query. */
function artifacts({ inputs, pillars }: Assessment, evidence: Evidence | undefined): object[] {
  const files = new Map(inputs.map((input) => [input.file, input]));
  const queries = new Map(
    pillars.flatMap(({ criteria }) => criteria.map((criterion) => [criterion.queryDigest, criterion])),
  );
  return [
    ...(evidence ? [manifestArtifact(evidence)] : []),
    ...[...files.values()].map(inputArtifact),
    ...[...queries.values()].map(queryArtifact),
  ];
}

/** SARIF 2.1.0: one rule and one result per criterion, with `pass` and `open` results beside the failures. */
export function render(result: Assessment, { evidence }: ViewOptions = {}): string {
  const assessment = redactAssessment(result);
  const all = assessment.pillars.flatMap((pillar) => pillar.criteria.map((criterion) => ({ pillar, criterion })));
  const { tool, asOf, window, warnings } = assessment;
  const toolExecutionNotifications = warnings.map((warning) => ({ level: "warning", message: text(warning) }));
  const log = {
    $schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: { name: tool.name, version: tool.version, rules: all.map(({ criterion }) => rule(criterion)) },
        },
        invocations: [{ executionSuccessful: true, toolExecutionNotifications }],
        artifacts: artifacts(assessment, evidence),
        results: all.map(({ criterion, pillar }, i) => resultOf(criterion, pillar, i)),
        properties: { asOf, window, ...(evidence && { manifestSha256: evidence.digest }) },
      },
    ],
  };
  return `${jsonText(log, 2)}\n`;
}
