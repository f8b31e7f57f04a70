import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import { render as ocsf } from "../../src/outputs/ocsf.ts";
import { render as oscal } from "../../src/outputs/oscal.ts";
import { render as sarif } from "../../src/outputs/sarif.ts";
import { HOSTILE, XSS } from "../hostile/corpus.ts";
import { contoso, emptyTenant, flawless, nothing, poisoned } from "./fixtures.ts";
import { ocsfChecker } from "./ocsf-metaschema.ts";

/**
 * A folder with the published schemas: `oscal_assessment-results_schema.json` (NIST), `sarif-schema-2.1.0.json` (OASIS)
 * and `ocsf` (a clone of github.com/ocsf/ocsf-schema). standards.test.ts checks the structure without them.
 */
const folder = process.env.ZTLENS_SCHEMAS ?? "";
const has = (name: string): boolean => folder !== "" && existsSync(join(folder, name));

const SAMPLES = [
  ["contoso", contoso],
  ["empty tenant", emptyTenant],
  ["flawless", flawless],
  ["nothing", nothing],
  ["hostile", poisoned(HOSTILE)],
  ["XSS", poisoned(XSS)],
] as const;

/** Everything that a view can hold: that of a bundle. */
const VIEW = { evidence: { digest: "ab".repeat(32) } };

/** Draft 4, which SARIF's schema is written in, as ajv reads it: the two name their identifier differently. */
function compiled(name: string) {
  const { $schema: _, id, ...schema } = JSON.parse(readFileSync(join(folder, name), "utf8"));
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: false });
  return ajv.compile(id === undefined ? schema : { $id: id, ...schema });
}

describe.skipIf(!has("oscal_assessment-results_schema.json"))("NIST's schema accepts the OSCAL output", () => {
  test.each(SAMPLES)("of %s", (_name, assessment) => {
    const validate = compiled("oscal_assessment-results_schema.json");
    expect(validate(JSON.parse(oscal(assessment, VIEW))), JSON.stringify(validate.errors)).toBe(true);
  });
});

describe.skipIf(!has("sarif-schema-2.1.0.json"))("OASIS's schema accepts the SARIF output", () => {
  test.each(SAMPLES)("of %s", (_name, assessment) => {
    const validate = compiled("sarif-schema-2.1.0.json");
    expect(validate(JSON.parse(sarif(assessment, VIEW))), JSON.stringify(validate.errors)).toBe(true);
  });
});

describe.skipIf(!has("ocsf/dictionary.json"))("OCSF's definitions accept the events", () => {
  test.each(SAMPLES)("of %s", (_name, assessment) => {
    const check = ocsfChecker(join(folder, "ocsf"));
    const lines = ocsf(assessment, VIEW).split("\n").slice(0, -1);
    // The events of one kind are built alike: a few of each show the form.
    const some = lines.filter((_, i) => i % Math.ceil(lines.length / 40) === 0);
    expect([...new Set(some.flatMap((line) => check(JSON.parse(line))))]).toEqual([]);
  });
});
