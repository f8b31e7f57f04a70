import { expect, test } from "vitest";
import type { Assessment } from "../../src/core/assessment.ts";
import { changeEvents, eventLines } from "../../src/publish/events.ts";
import { ACTIVE, HOSTILE } from "../hostile/corpus.ts";
import { contoso } from "../outputs/fixtures.ts";

const [sample] = contoso.anomalies;
if (!sample) throw new Error("the sample has no anomaly");
const of = (...anomalies: Partial<(typeof contoso.anomalies)[number]>[]): Assessment => ({
  ...contoso,
  anomalies: anomalies.map((one, i) => ({ ...sample, id: `a${i}`, ...one })),
});

test("a device that falls out of compliance is a device-compliance-change", () => {
  const [event] = changeEvents(
    of({ detector: "compliance-flip", subject: "WKS-1", time: "2026-11-20T10:00:00.0000000Z" }),
    "hq",
  );
  expect(event).toMatchObject({
    iss: "ztlens",
    sub_id: { format: "opaque", id: "WKS-1" },
    events: {
      "https://schemas.openid.net/secevent/caep/event-type/device-compliance-change": {
        event_timestamp: Date.UTC(2026, 10, 20, 10) / 1000,
        previous_status: "compliant",
        current_status: "not-compliant",
      },
    },
  });
});

test.each([
  [0.00001, "HIGH"],
  [0.01, "MEDIUM"],
  [null, "MEDIUM"],
])("a sign-in anomaly with p %s is a change of risk to %s", (pValue, current_level) => {
  const [event] = changeEvents(of({ detector: "token-replay", subject: "a@contoso.com", pValue }), "hq");
  expect(event).toMatchObject({
    sub_id: { format: "email", email: "a@contoso.com" },
    events: {
      "https://schemas.openid.net/secevent/caep/event-type/risk-level-change": { principal: "USER", current_level },
    },
  });
});

const change = {
  id: "audit-1",
  time: "2026-11-20T10:00:00.0000000Z",
  user: "ann@contoso.com",
  session: null,
  by: "admin",
  reason: "Disable account",
} as const;

test("what the logs record is a session-revoked or an assurance-level-change", () => {
  const changes = [
    { ...change, kind: "session-revoked" } as const,
    { ...change, kind: "assurance-level-change", id: "s-1", session: "s-1", by: "user" } as const,
  ];
  const [revoked, raised] = changeEvents({ ...of(), changes }, "hq");
  const event_timestamp = Date.UTC(2026, 10, 20, 10) / 1000;
  expect(revoked).toMatchObject({
    sub_id: { format: "email", email: "ann@contoso.com" },
    events: {
      "https://schemas.openid.net/secevent/caep/event-type/session-revoked": {
        event_timestamp,
        initiating_entity: "admin",
        reason_admin: { en: "Disable account" },
      },
    },
  });
  expect(raised).toMatchObject({
    sub_id: {
      format: "complex",
      user: { format: "email", email: "ann@contoso.com" },
      session: { format: "opaque", id: "s-1" },
    },
    events: {
      "https://schemas.openid.net/secevent/caep/event-type/assurance-level-change": {
        event_timestamp,
        namespace: "NIST-AAL",
        previous_level: "nist-aal1",
        current_level: "nist-aal2",
        change_direction: "increase",
      },
    },
  });
  expect(revoked?.jti).not.toBe(raised?.jti);
});

test("what is no change of access is told to nobody, and an event keeps its id", () => {
  expect(changeEvents(of({ detector: "beaconing" }, { detector: "sensor-silence" }), "hq")).toEqual([]);
  const flip = of({ detector: "compliance-flip" });
  const ids = [flip, { ...flip, asOf: "2026-11-21T00:00:00.0000000Z" }].map((one) => changeEvents(one, "hq")[0]?.jti);
  expect(ids[0]).toBe(ids[1]);
  expect(changeEvents(flip, "branch")[0]?.jti).not.toBe(ids[0]);
});

test("hostile text stays on its line", () => {
  const texts = HOSTILE.filter((text) => text.isWellFormed());
  const lines = eventLines(
    {
      ...of(...texts.map((text) => ({ detector: "mfa-fatigue", subject: text, reason: text }))),
      changes: texts.map((text) => ({
        ...change,
        kind: "session-revoked",
        id: text,
        user: text,
        session: text,
        reason: text,
      })),
    },
    "hq",
  );
  expect(lines.trimEnd().split("\n")).toHaveLength(texts.length * 2);
  expect(ACTIVE.test(lines)).toBe(false);
});
