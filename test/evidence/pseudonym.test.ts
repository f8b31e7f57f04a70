import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Assessment } from "../../src/core/assessment.ts";
import { KINDS, Pseudonymiser } from "../../src/evidence/pseudonym.ts";
import { kindOfColumn, pseudonymise, pseudonymiseRows } from "../../src/evidence/pseudonymise.ts";
import { render as csv } from "../../src/outputs/csv.ts";
import { render as html } from "../../src/outputs/html.ts";
import { render as json } from "../../src/outputs/json.ts";
import { render as jsonl } from "../../src/outputs/jsonl.ts";
import { render as ocsf } from "../../src/outputs/ocsf.ts";
import { render as oscal } from "../../src/outputs/oscal.ts";
import { render as sarif } from "../../src/outputs/sarif.ts";
import { render as terminal } from "../../src/outputs/terminal.ts";
import { eventLines } from "../../src/publish/events.ts";
import { HOSTILE } from "../hostile/corpus.ts";
import { contoso } from "../outputs/fixtures.ts";

const KEY = "6f1d2c3b4a59687706152433425160ff";
const fresh = (key = KEY): Pseudonymiser => new Pseudonymiser(key);

describe("a token", () => {
  test("is the same for the same key, kind and name, whatever the case of a user", () => {
    expect(fresh().token("user", "Alba.Ruiz@contoso.com")).toBe(fresh().token("user", "alba.ruiz@contoso.com"));
    expect(fresh().token("user", "x1")).not.toBe(fresh().token("host", "x1"));
    expect(fresh().token("user", "x1")).not.toBe(fresh("another key of enough bytes").token("user", "x1"));
    expect(fresh().token("user", "x1")).toMatch(/^user-[a-z2-7]+$/);
    expect(fresh().token("user", "")).toBe("");
  });

  test("gives its name back to the key, and to no other", () =>
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), fc.string({ unit: "grapheme", minLength: 1 }), (kind, name) => {
        fc.pre(name.trim() !== "");
        const token = fresh().token(kind, name);
        const expected = kind === "ip" || kind === "id" ? name : name.toLowerCase();
        expect(fresh().reveal(`(${token}).`)).toEqual({ text: `(${expected}).`, tokens: 1 });
        expect(fresh("another key of enough bytes").reveal(token)).toEqual({ text: token, tokens: 0 });
        expect(fresh().token(kind, token)).toBe(token);
      }),
    ));

  test("holds every hostile string", () => {
    for (const name of HOSTILE.filter((text) => text.trim() !== "" && text.isWellFormed()))
      expect(fresh().reveal(fresh().token("id", name)).text).toBe(name);
  });

  test("that was changed is none", () => {
    const token = fresh().token("host", "wks-4100");
    const last = token.at(-3) === "a" ? "b" : "a";
    expect(fresh().reveal(`${token.slice(0, -3)}${last}${token.slice(-2)}`).tokens).toBe(0);
  });

  test("needs a key worth the name", () => expect(() => fresh("short")).toThrow(/openssl/));
});

test("sentences lose addresses, mail addresses, machines and the names that stood in fields", () => {
  const p = fresh();
  p.token("host", "WKS-4100");
  const hidden = p.text(
    "WKS-4100: a.b@contoso.com from 203.0.113.7, 2001:db8::1 and ::ffff:10.0.0.1 to /x/virtualMachines/vm-7/y in 3.5 h at 12:30:00.",
  );
  for (const name of ["4100", "contoso", "203.0", "2001", "10.0.0", "vm-7"]) expect(hidden).not.toContain(name);
  expect(hidden).toContain("in 3.5 h at 12:30:00.");
  expect(p.reveal(hidden).tokens).toBe(6);
});

test.each([
  ["UserPrincipalName", "user"],
  ["Caller", "user"],
  ["SrcIp", "ip"],
  ["CallerIpAddress", "ip"],
  ["Computer", "host"],
  ["DeviceName", "host"],
  ["SrcVm", "host"],
  ["DeviceOwner", "user"],
  ["UserAgent", undefined],
  ["UserType", undefined],
  ["OSPlatform", undefined],
  ["Country", undefined],
])("column %s names a %s", (column, kind) => expect(kindOfColumn(column)).toBe(kind));

test("rows still join", () => {
  const p = fresh();
  const column = (name: string) => ({ name, type: "dynamic" as const });
  const { rows } = pseudonymiseRows(
    {
      columns: [column("UserPrincipalName"), column("Raw"), column("Count")],
      rows: [["A@x.org", { Actor: "a@x.org", Ips: ["10.0.0.1"], n: 1 }, 7]],
    },
    p,
  );
  const token = p.token("user", "a@x.org");
  expect(rows).toEqual([[token, { Actor: token, Ips: [p.token("ip", "10.0.0.1")], n: 1 }, 7]]);
});

describe("an assessment", () => {
  const named: Assessment = {
    ...contoso,
    inputs: contoso.inputs.map((input) => ({ ...input, file: `/home/alba.ruiz/${input.file}` })),
    warnings: ["chen.wei@contoso.com: 3 events came late."],
    changes: [
      {
        kind: "assurance-level-change",
        id: "s-1",
        time: contoso.asOf,
        user: "dana.levy@contoso.com",
        session: "s-1",
        by: "user",
        reason: "several factors in a session that began with one",
      },
    ],
    findings: contoso.anomalies.map(({ id, pillar, detector, subject, time, pValue, reason }) => ({
      ...{
        id,
        subject,
        start: time,
        end: time,
        pillars: [pillar],
        detectors: [detector],
        anomalies: [id],
        pValue,
        reason,
      },
    })),
  };
  const hidden = pseudonymise(named, fresh());
  const NAMES = [
    /@contoso\.com/i,
    /WKS-\d/i,
    /alba\.ruiz/i,
    /203\.0\.113\.77/,
    /198\.51\.100\.9/,
    /10\.4\.\d/,
    /svc-report/,
    /chen.{1,14}wei/i,
  ];

  test.each([
    ["terminal", terminal],
    ["json", json],
    ["jsonl", jsonl],
    ["csv", csv],
    ["oscal", oscal],
    ["ocsf", ocsf],
    ["sarif", sarif],
    ["html", html],
    ["events", (assessment: Assessment) => eventLines(assessment, "hq")],
  ] as const)("has no name in %s", (_name, render) => {
    const text = render(hidden);
    for (const name of NAMES) expect(text).not.toMatch(name);
    expect(NAMES.some((name) => name.test(render(named)))).toBe(true);
  });

  test("keeps every count, state and stage", () => {
    const figures = ({ pillars }: Assessment) =>
      pillars.map((pillar) => [
        pillar.stage,
        pillar.continuousVerification,
        pillar.criteria.map((c) => [c.id, c.state, c.stage, c.numerator, c.denominator, c.offenders.length]),
      ]);
    expect(figures(hidden)).toEqual(figures(named));
    expect(hidden.anomalies.map(({ score }) => score)).toEqual(named.anomalies.map(({ score }) => score));
  });

  test("is the same for the same key, and names its anomalies by the key alone", () => {
    expect(pseudonymise(named, fresh())).toEqual(hidden);
    const ids = new Set(named.anomalies.map(({ id }) => id));
    for (const { id } of hidden.anomalies) expect(ids.has(id)).toBe(false);
  });

  test("still joins an anomaly with its activity and its offenders", () => {
    const travel = hidden.anomalies.find(({ detector }) => detector === "impossible-travel");
    expect(hidden.findings?.map(({ subject }) => subject)).toEqual(hidden.anomalies.map(({ subject }) => subject));
    expect(hidden.findings?.flatMap(({ anomalies }) => anomalies)).toEqual(hidden.anomalies.map(({ id }) => id));
    expect(hidden.insights?.activity.some(({ subject }) => subject === travel?.subject)).toBe(true);
    const offenders = hidden.pillars.flatMap((p) =>
      p.criteria.flatMap((c) => c.offenders.map((row) => row.UserPrincipalName)),
    );
    expect(offenders).toContain(travel?.subject);
  });
});
