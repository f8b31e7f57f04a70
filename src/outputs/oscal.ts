import type { Anomaly, Assessment, CriterionResult, PillarResult } from "../core/assessment.ts";
import { PILLAR_TITLES, type Pillar } from "../core/maturity.ts";
import { jsonText } from "../core/text/json.ts";
import { markdownText } from "../core/text/markdown.ts";
import { visibleText } from "../core/text/visible.ts";
import { sha256, uuidOf } from "../evidence/digest.ts";
import { canonical } from "../evidence/exact.ts";
import { MANIFEST_FILE } from "../evidence/manifest.ts";
import { redactAssessment } from "../evidence/redact.ts";
import type { ViewOptions } from "./view/evidence.ts";
import { isUnassessed } from "./view/ladder.ts";

/** NIST's JSON schema of 1.1.3 allows no related observation at all: it requires the very member that it forbids. */
const OSCAL_VERSION = "1.2.1";
const NAMESPACE = "urn:ztlens:oscal";

interface Measured {
  readonly pillar: Pillar;
  readonly criterion: CriterionResult;
  /** Tells the identifiers of two runs apart, and is the same for the same run. */
  readonly seed: string;
  /** sha256 of the manifest of the evidence bundle, where there is one. */
  readonly manifest: string | undefined;
}

/** OSCAL's prose is Markdown and may not be blank. */
const prose = (value: string): string => markdownText(value).trim() || "–";

/** A token: letters, digits, `_`, `-` and `.`, the first of them a letter or `_`. */
const token = (value: string): string => `zt-${value.replace(/[^\p{L}\p{N}._-]/gu, "_")}`;

/** A property value is one line that neither starts nor ends with white space. */
const property = (name: string, value: string | number): object => ({
  name,
  ns: NAMESPACE,
  value: visibleText(String(value)).trim() || "–",
});

function properties({ pillar, criterion }: Measured): object[] {
  const figures = {
    numerator: criterion.numerator,
    denominator: criterion.denominator,
    value: criterion.value,
    low: criterion.low,
    high: criterion.high,
  };
  const counted = Object.entries(figures).flatMap(([name, value]) => (value === null ? [] : [property(name, value)]));
  return [
    property("pillar", pillar),
    property("criterion", criterion.id),
    property("state", criterion.state),
    property("stage", criterion.stage),
    ...counted,
  ];
}

/** A list that OSCAL allows only where it is not empty. */
const present = (name: string, list: readonly object[]): object => (list.length > 0 ? { [name]: list } : {});

const queryUuid = (criterion: CriterionResult): string => uuidOf(`query\n${criterion.queryDigest}`);
const observationUuid = ({ pillar, criterion, seed }: Measured): string =>
  uuidOf(`observation\n${seed}\n${pillar}\n${criterion.id}`);

const manifestUuid = (digest: string): string => uuidOf(`manifest\n${digest}`);
const bundleEvidence = (manifest: string | undefined): object[] =>
  manifest === undefined
    ? []
    : [{ href: `#${manifestUuid(manifest)}`, description: "Manifest of the evidence bundle: rows, queries, inputs." }];

const observation = (measured: Measured, collected: string) => ({
  uuid: observationUuid(measured),
  title: prose(`${measured.criterion.id} ${measured.criterion.name}`),
  description: prose(measured.criterion.reason),
  props: properties(measured),
  methods: ["TEST"],
  types: ["control-objective"],
  "relevant-evidence": [
    {
      href: `#${queryUuid(measured.criterion)}`,
      description: `Query as run; ${measured.criterion.offenders.length} offender rows.`,
    },
    ...bundleEvidence(measured.manifest),
  ],
  collected,
});

const anomalyObservation = (anomaly: Anomaly, collected: string, seed: string, manifest: string | undefined) => ({
  uuid: uuidOf(`anomaly\n${seed}\n${anomaly.id}`),
  title: prose(`${anomaly.detector}: ${anomaly.subject}`),
  description: prose(anomaly.reason),
  props: [property("pillar", anomaly.pillar), property("score", anomaly.score), property("time", anomaly.time)],
  methods: ["TEST"],
  types: ["finding"],
  ...present("relevant-evidence", bundleEvidence(manifest)),
  collected,
});

/** A finding says satisfied or not. Without a verdict there is none: the observation alone says why. */
function finding(measured: Measured): object[] {
  const { pillar, criterion, seed } = measured;
  if (isUnassessed(criterion.state)) return [];
  const met = criterion.state === "met";
  const reason = met ? "pass" : criterion.state === "excepted" ? "other" : "fail";
  return [
    {
      uuid: uuidOf(`finding\n${seed}\n${pillar}\n${criterion.id}`),
      title: prose(criterion.name),
      description: prose(criterion.reason),
      target: {
        type: "objective-id",
        "target-id": token(`${pillar}-${criterion.id}`),
        status: { state: met ? "satisfied" : "not-satisfied", reason },
      },
      "related-observations": [{ "observation-uuid": observationUuid(measured) }],
      ...(met ? {} : { remarks: prose(`Next: ${criterion.next}`) }),
    },
  ];
}

const planUuid = uuidOf("assessment plan");

const manifestResource = (digest: string): object => ({
  uuid: manifestUuid(digest),
  title: "Manifest of the evidence bundle",
  rlinks: [
    { href: MANIFEST_FILE, "media-type": "application/json", hashes: [{ algorithm: "SHA-256", value: digest }] },
  ],
});

function resources(all: readonly Measured[], manifest: string | undefined): object[] {
  const queries = new Map(all.map(({ criterion }) => [queryUuid(criterion), criterion]));
  const plan = {
    uuid: planUuid,
    title: "Assessment plan: the criteria of the Zero Trust maturity model, measured on logs",
  };
  return [
    plan,
    ...(manifest === undefined ? [] : [manifestResource(manifest)]),
    ...[...queries].map(([uuid, { queryDigest }]) => ({
      uuid,
      title: "Query as run",
      rlinks: [
        {
          href: `queries/${encodeURIComponent(queryDigest)}.kql`,
          "media-type": "text/plain",
          hashes: [{ algorithm: "SHA-256", value: queryDigest }],
        },
      ],
    })),
  ];
}

const measuredOf = ({ pillar, criteria }: PillarResult, rest: Pick<Measured, "seed" | "manifest">): Measured[] =>
  criteria.map((criterion) => ({ pillar, criterion, ...rest }));

/** OSCAL assessment results. Identifiers depend on the assessment alone, so that the same run gives the same document. */
export function render(result: Assessment, { evidence }: ViewOptions = {}): string {
  const assessment = redactAssessment(result);
  const { asOf, window, tool, pillars, anomalies } = assessment;
  const seed = sha256(canonical(assessment));
  const manifest = evidence?.digest;
  const all = pillars.flatMap((pillar) => measuredOf(pillar, { seed, manifest }));
  const title = `Zero Trust maturity as of ${asOf}`;
  const observations = [
    ...all.map((measured) => observation(measured, asOf)),
    ...anomalies.map((anomaly) => anomalyObservation(anomaly, asOf, seed, manifest)),
  ];
  const assessed = {
    uuid: uuidOf(`result\n${seed}`),
    title: prose(title),
    description: prose(
      pillars.map(({ pillar, stage }) => `${PILLAR_TITLES[pillar]}: ${stage}`).join("; ") || "No pillar was evaluated",
    ),
    start: window.start,
    end: window.end,
    "reviewed-controls": { "control-selections": [{ "include-all": {} }] },
    ...present("observations", observations),
    ...present("findings", all.flatMap(finding)),
  };
  const document = {
    "assessment-results": {
      uuid: uuidOf(`document\n${seed}`),
      metadata: {
        title: prose(title),
        "last-modified": asOf,
        version: visibleText(tool.version).trim() || "–",
        "oscal-version": OSCAL_VERSION,
      },
      "import-ap": { href: `#${planUuid}` },
      results: [assessed],
      "back-matter": { resources: resources(all, manifest) },
    },
  };
  return `${jsonText(document, 2)}\n`;
}
