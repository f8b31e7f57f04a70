import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import type { State } from "../../src/core/maturity.ts";
import { render as ocsf } from "../../src/outputs/ocsf.ts";
import { render as oscal } from "../../src/outputs/oscal.ts";
import { render as sarif } from "../../src/outputs/sarif.ts";
import { ACTIVE, HOSTILE, XSS } from "../hostile/corpus.ts";
import { contoso, emptyTenant, flawless, nothing, poisoned } from "./fixtures.ts";
import { ocsfSchema, oscalSchema, sarifSchema } from "./standards.schema.ts";

const ajv = new Ajv({ strict: true, allErrors: true, unicodeRegExp: true });
const valid = {
  oscal: ajv.compile(oscalSchema),
  sarif: ajv.compile(sarifSchema),
  ocsf: ajv.compile(ocsfSchema),
};

const SAMPLES = [
  ["contoso", contoso],
  ["empty tenant", emptyTenant],
  ["flawless", flawless],
  ["nothing", nothing],
  ["hostile", poisoned(HOSTILE)],
  ["XSS", poisoned(XSS)],
] as const;

const errors = (check: (typeof valid)["oscal"]): string => JSON.stringify(check.errors?.slice(0, 3));

describe.each(SAMPLES)("%s", (_name, assessment) => {
  const criteria = assessment.pillars.flatMap((pillar) => pillar.criteria);
  const having = (...states: State[]): number => criteria.filter(({ state }) => states.includes(state)).length;

  test("OSCAL has an observation per criterion and anomaly, and a finding per verdict", () => {
    const written = oscal(assessment);
    expect(written).not.toMatch(ACTIVE);
    const document = JSON.parse(written);
    expect(valid.oscal(document), errors(valid.oscal)).toBe(true);
    const [result] = document["assessment-results"].results;
    expect(result.observations?.length ?? 0).toBe(criteria.length + assessment.anomalies.length);
    const states = (result.findings ?? []).map(
      (finding: { target: { status: { state: string } } }) => finding.target.status.state,
    );
    expect(states.filter((state: string) => state === "satisfied")).toHaveLength(having("met"));
    expect(states.filter((state: string) => state === "not-satisfied")).toHaveLength(having("not_met", "excepted"));
    const ids = [...written.matchAll(/"uuid": "([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    const known = new Set(ids);
    for (const [, id] of written.matchAll(/"(?:observation-uuid|href)": "#?([0-9a-f-]{36})"/g))
      expect(known.has(id)).toBe(true);
    expect(oscal(structuredClone(assessment))).toBe(written);
  });

  test("SARIF has a result per criterion: pass, fail or open", () => {
    const written = sarif(assessment);
    expect(written).not.toMatch(ACTIVE);
    const log = JSON.parse(written);
    expect(valid.sarif(log), errors(valid.sarif)).toBe(true);
    const [run] = log.runs;
    const kinds = run.results.map(({ kind }: { kind: string }) => kind);
    expect(kinds.filter((kind: string) => kind === "pass")).toHaveLength(having("met"));
    expect(kinds.filter((kind: string) => kind === "fail")).toHaveLength(having("not_met", "excepted"));
    expect(kinds.filter((kind: string) => kind === "open")).toHaveLength(
      having("insufficient", "absent", "stale", "partial"),
    );
    for (const result of run.results) {
      expect(run.tool.driver.rules[result.ruleIndex].id).toBe(result.ruleId);
      if (result.kind !== "fail") expect(result.level).toBe("none");
      expect(result.message.text).not.toMatch(/(?<!\\)(?:\\\\)*[[\]]/);
    }
    expect(run.results.filter((result: object) => "suppressions" in result)).toHaveLength(having("excepted"));
  });

  test("OCSF has an event per criterion and anomaly", () => {
    const written = ocsf(assessment);
    expect(written).not.toMatch(ACTIVE);
    const events = written
      .split("\n")
      .slice(0, -1)
      .map((text) => JSON.parse(text));
    for (const event of events) expect(valid.ocsf(event), errors(valid.ocsf)).toBe(true);
    expect(events.filter((event) => event.class_uid === 2003)).toHaveLength(criteria.length);
    expect(events.filter((event) => event.class_uid === 2004)).toHaveLength(assessment.anomalies.length);
    const verdicts = events.flatMap((event) => (event.compliance ? [event.compliance.status] : []));
    expect(verdicts.filter((status) => status === "Pass")).toHaveLength(having("met"));
    expect(verdicts.filter((status) => status === "Fail")).toHaveLength(having("not_met"));
  });
});

test("another run of the same tenant has other identifiers", () => {
  const later = { ...contoso, asOf: "2026-11-21T12:00:00.0000000Z" };
  const id = (text: string): string => JSON.parse(text)["assessment-results"].uuid;
  expect(id(oscal(later))).not.toBe(id(oscal(contoso)));
});

describe("a view of a bundle", () => {
  const digest = "ab".repeat(32);
  const evidence = { digest };

  test("in OSCAL cites the manifest as evidence of every observation", () => {
    const document = JSON.parse(oscal(contoso, { evidence }));
    expect(valid.oscal(document), errors(valid.oscal)).toBe(true);
    const { results, "back-matter": matter } = document["assessment-results"];
    const manifest = matter.resources.find(({ rlinks }: { rlinks?: { href: string }[] }) =>
      rlinks?.some(({ href }) => href === "manifest.json"),
    );
    expect(manifest.rlinks[0].hashes).toEqual([{ algorithm: "SHA-256", value: digest }]);
    for (const { "relevant-evidence": cited } of results[0].observations)
      expect(cited).toContainEqual(expect.objectContaining({ href: `#${manifest.uuid}` }));
  });

  test("in SARIF names the manifest and its digest", () => {
    const log = JSON.parse(sarif(contoso, { evidence }));
    expect(valid.sarif(log), errors(valid.sarif)).toBe(true);
    expect(log.runs[0].artifacts).toContainEqual(
      expect.objectContaining({ location: { uri: "manifest.json" }, hashes: { "sha-256": digest } }),
    );
    expect(log.runs[0].properties.manifestSha256).toBe(digest);
  });

  test("in OCSF has the digest in every event", () => {
    for (const line of ocsf(contoso, { evidence }).trimEnd().split("\n")) {
      const event = JSON.parse(line);
      expect(valid.ocsf(event), errors(valid.ocsf)).toBe(true);
      expect(event.evidences).toContainEqual({ data: { file: "manifest.json", manifest_sha256: digest } });
    }
  });
});
