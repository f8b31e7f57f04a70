import { expect, test } from "vitest";
import type { Alert, Detection } from "../../src/core/alert.ts";
import { render as csv } from "../../src/outputs/alerts/csv.ts";
import { render as html } from "../../src/outputs/alerts/html.ts";
import { render as jsonl } from "../../src/outputs/alerts/jsonl.ts";
import { render as ocsf } from "../../src/outputs/alerts/ocsf.ts";
import { render as timeline } from "../../src/outputs/alerts/timeline.ts";
import { ACTIVE, HOSTILE, XSS } from "../hostile/corpus.ts";

function detection(text: string): Detection {
  const alert: Alert = {
    ruleId: text,
    ruleName: text,
    severity: "High",
    windowStart: "2026-01-10T10:00:00.0000000Z",
    windowEnd: "2026-01-10T11:00:00.0000000Z",
    rowCount: 1,
    entities: [{ type: "Account", identifiers: { FullName: text } }],
    rows: [{ Column: text }],
    id: "a1",
    title: text,
    description: text,
    tactics: ["InitialAccess"],
    techniques: ["T1078.004"],
    customDetails: { Detail: [text] },
    properties: {},
    incident: "i1",
    repeats: 2,
    partialLookback: true,
    rowsOmitted: 0,
    entitiesOmitted: 0,
  };
  const rule = {
    ruleId: text,
    ruleName: text,
    file: text,
    outcome: "error",
    reason: text,
    severity: "High",
    connectors: [text],
    tactics: [],
    techniques: [],
    tables: [],
    absentTables: [],
    runs: 0,
    partialRuns: 0,
    alerts: 0,
    repeats: 0,
    milliseconds: 0,
    notes: [text],
  } as const;
  const incident = {
    id: "i1",
    title: text,
    severity: "High",
    first: alert.windowStart,
    last: alert.windowEnd,
    alerts: 2,
    rules: [text],
    tactics: [],
    entities: alert.entities,
  } as const;
  return { alerts: [alert], incidents: [incident], coverage: [rule], start: alert.windowStart, end: alert.windowEnd };
}

test.each([...HOSTILE, ...XSS].map((text) => [text]))("what a log says cannot act on a reader: %j", (text) => {
  const found = detection(text);
  const page = timeline(found, { color: false, width: 200 });
  expect(page).not.toMatch(ACTIVE);
  expect(page.split("\n")).toHaveLength(timeline(detection("x"), { color: false, width: 200 }).split("\n").length);
  for (const lines of [[...jsonl(found)], [...ocsf(found)]]) {
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toMatch(ACTIVE);
    expect(() => JSON.parse(lines[0] ?? "")).not.toThrow();
  }
  expect(html(found)).not.toMatch(/<(?:script|img|svg|iframe|object|embed|math|a )|<style>@/i);
  for (const line of [...csv(found)]) expect(line).not.toMatch(/(?:^|,)"?[=+@]/);
});

test("an alert's line has the fields of the contract", () => {
  const [line = ""] = jsonl(detection("x"));
  expect(JSON.parse(line)).toMatchObject({
    ruleId: "x",
    ruleName: "x",
    severity: "High",
    windowStart: "2026-01-10T10:00:00.0000000Z",
    windowEnd: "2026-01-10T11:00:00.0000000Z",
    rowCount: 1,
    entities: [{ type: "Account", identifiers: { FullName: "x" } }],
    rows: [{ Column: "x" }],
  });
});

test("an OCSF Detection Finding", () => {
  const [line = ""] = ocsf(detection("x"));
  expect(JSON.parse(line)).toMatchObject({
    class_uid: 2004,
    type_uid: 200401,
    severity_id: 4,
    finding_info: { title: "x", attacks: [{ technique: { uid: "T1078" }, sub_technique: { uid: "T1078.004" } }] },
    observables: [{ type_id: 4, value: "x" }],
  });
});
