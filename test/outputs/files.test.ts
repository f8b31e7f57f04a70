import { spawnSync } from "node:child_process";
import { Ajv } from "ajv";
import { afterAll, describe, expect, test } from "vitest";
import { render as csv } from "../../src/outputs/csv.ts";
import { render as json } from "../../src/outputs/json.ts";
import { render as jsonl } from "../../src/outputs/jsonl.ts";
import { ACTIVE, HOSTILE, XSS } from "../hostile/corpus.ts";
import { parseCsv } from "../hostile/csv.ts";
import { contoso, crowded, emptyTenant, flawless, nothing, poisoned } from "./fixtures.ts";
import { replaySchema } from "./replay.schema.ts";

const prototypeKeys = Reflect.ownKeys(Object.prototype).length;
afterAll(() => expect(Reflect.ownKeys(Object.prototype).length).toBe(prototypeKeys));

const SAMPLES = [
  ["contoso", contoso],
  ["empty tenant", emptyTenant],
  ["flawless", flawless],
  ["nothing", nothing],
  ["crowded", crowded(1000)],
  ["hostile", poisoned(HOSTILE)],
  ["XSS", poisoned(XSS)],
] as const;

describe.each(SAMPLES)("%s", (_name, assessment) => {
  test("json keeps the contract, and every value", () => {
    const text = json(assessment);
    expect(text).not.toMatch(ACTIVE);
    const result = JSON.parse(text) as typeof assessment;
    const validate = new Ajv({ strict: true, allErrors: true }).compile(replaySchema);
    expect(validate(result), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
    expect(result.pillars.flatMap((p) => p.criteria.map((c) => [c.reason, c.offenders, c.value]))).toEqual(
      assessment.pillars.flatMap((p) => p.criteria.map((c) => [c.reason, c.offenders, c.value])),
    );
    expect(result.anomalies).toEqual(assessment.anomalies);
  });

  test("jsonl is one record per line and holds everything", () => {
    const text = jsonl(assessment);
    expect(text).not.toMatch(ACTIVE);
    const lines = text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { type: string });
    const count = (type: string): number => lines.filter((line) => line.type === type).length;
    expect(count("run")).toBe(1);
    expect(count("pillar")).toBe(assessment.pillars.length);
    expect(count("criterion")).toBe(assessment.pillars.flatMap((p) => p.criteria).length);
    expect(count("anomaly")).toBe(assessment.anomalies.length);
    expect(count("input")).toBe(assessment.inputs.length);
  });

  test("csv is one record per criterion, and offenders come back exactly", () => {
    const [header, ...records] = parseCsv(csv(assessment));
    const criteria = assessment.pillars.flatMap((p) => p.criteria);
    expect(records).toHaveLength(criteria.length);
    const column = header?.indexOf("offenders") ?? -1;
    for (const [i, record] of records.entries()) {
      expect(record).toHaveLength(header?.length ?? 0);
      expect(JSON.parse(record[column] ?? "")).toEqual(JSON.parse(JSON.stringify(criteria[i]?.offenders)));
      for (const field of record) expect(field).not.toMatch(/^\s*[=+@＝＋－＠]/);
    }
  });
});

test("a negative number and a null of a criterion stay what they are", () => {
  const [header, record] = parseCsv(csv(emptyTenant));
  expect(record?.[header?.indexOf("numerator") ?? -1]).toBe("");
  expect(record?.[header?.indexOf("minimum") ?? -1]).toBe("30");
});

test("every output works where the runtime refuses __proto__", () => {
  const module = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
  const names = ["csv", "html", "json", "jsonl", "ocsf", "oscal", "sarif", "terminal"];
  const code = `
    const { poisoned } = await import(${module("./fixtures.ts")});
    const { HOSTILE } = await import(${module("../hostile/corpus.ts")});
    for (const url of [${names.map((name) => module(`../../src/outputs/${name}.ts`)).join(", ")}]) {
      const { render } = await import(url);
      if (!render(poisoned(HOSTILE)).includes("__proto__")) throw new Error(url + " lost a name");
    }`;
  const run = spawnSync(process.execPath, ["--disable-proto=throw", "--input-type=module", "-e", code], {
    encoding: "utf8",
  });
  expect([run.status, run.stderr]).toEqual([0, ""]);
});
