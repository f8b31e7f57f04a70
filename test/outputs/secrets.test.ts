import { describe, expect, test } from "vitest";
import type { Assessment } from "../../src/core/assessment.ts";
import { redactSecrets } from "../../src/core/text/secrets.ts";
import { bundleFiles } from "../../src/evidence/bundle.ts";
import { redactAssessment } from "../../src/evidence/redact.ts";
import { render as csv } from "../../src/outputs/csv.ts";
import { render as html } from "../../src/outputs/html.ts";
import { render as json } from "../../src/outputs/json.ts";
import { render as jsonl } from "../../src/outputs/jsonl.ts";
import { render as ocsf } from "../../src/outputs/ocsf.ts";
import { render as oscal } from "../../src/outputs/oscal.ts";
import { render as sarif } from "../../src/outputs/sarif.ts";
import { render as terminal } from "../../src/outputs/terminal.ts";
import { INNOCENT, PLANTED } from "../hostile/secrets.ts";
import { contoso, crowded, poisoned } from "./fixtures.ts";

const OUTPUTS = { csv, html, json, jsonl, ocsf, oscal, sarif, terminal };

describe("planted credentials", () => {
  test.each(PLANTED)("%s is redacted, once and for all", (text, secret) => {
    const redacted = redactSecrets(text);
    expect(redacted).not.toContain(secret);
    expect(redacted).toContain("[redacted ");
    expect(redactSecrets(redacted)).toBe(redacted);
  });

  test.each(INNOCENT)("%s stays", (text) => expect(redactSecrets(text)).toBe(text));

  const texts = PLANTED.map(([text]) => text);
  // Queries are not redacted: they come from packs, and a digest vouches for them.
  const planted = poisoned(texts);
  const assessment: Assessment = {
    ...planted,
    pillars: planted.pillars.map((p) => ({ ...p, criteria: p.criteria.map((c) => ({ ...c, query: "T | count" })) })),
  };

  test.each(Object.entries(OUTPUTS))("%s shows none of them", (_name, render) => {
    const written = render(assessment);
    for (const [, secret] of PLANTED) expect(written).not.toContain(secret);
  });

  test("nor does an evidence bundle", () => {
    for (const [path, text] of bundleFiles(assessment)) {
      for (const [, secret] of PLANTED) expect(text.includes(secret), path).toBe(false);
    }
  });
});

test("queries and their digests stay as they are", () => {
  const [first] = contoso.pillars;
  const query = 'T | where Password == "password=abcdefgh"';
  const changed = {
    ...contoso,
    pillars: first ? [{ ...first, criteria: first.criteria.map((c) => ({ ...c, query })) }] : [],
  };
  for (const { query: kept } of redactAssessment(changed).pillars[0]?.criteria ?? []) expect(kept).toBe(query);
});

test("an assessment without credentials stays as it is", () => expect(redactAssessment(contoso)).toEqual(contoso));

test("hostile repetitions cost linear time", () => {
  const repeated = [
    "eyJ",
    "eyJ-",
    ".eyJ",
    "sig=",
    "password=",
    "-----BEGIN PRIVATE KEY-----",
    "Bearer ",
    "ghp_",
    "a8Q~",
    "-----BEGIN A",
  ];
  for (const unit of repeated) {
    const start = performance.now();
    redactSecrets(`eyJ sig= ${unit.repeat(Math.ceil(1_000_000 / unit.length))}`);
    expect(performance.now() - start, unit).toBeLessThan(2000);
  }
});

test("100,000 offenders are looked through in seconds", () => {
  const start = performance.now();
  redactAssessment(crowded(100_000));
  expect(performance.now() - start).toBeLessThan(5000);
});
