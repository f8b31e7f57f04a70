import { describe, expect, test } from "vitest";
import { Analyzer } from "../../src/analyzer/analyzer.ts";
import { decayed, explainTrust, HALF_LIFE, nextTrust, PENALTIES, type Trust } from "../../src/analyzer/trust.ts";
import { FACET_STATES, type Facet, type FacetState } from "../../src/core/signal.ts";
import { analyze, at, DAY, HOUR, MINUTE } from "./support.ts";

const facets =
  (states: Partial<Record<Facet, FacetState>>) =>
  (facet: Facet): number =>
    FACET_STATES.indexOf(states[facet] ?? "unknown");

const strong = facets({ identity: "verified" });

describe("the arithmetic of trust", () => {
  test("a strong verification gives full trust, which halves in 12 hours", () => {
    const fresh = nextTrust(undefined, 0, strong);
    expect(fresh.value).toBe(1);
    expect(decayed(fresh, HALF_LIFE)).toBe(0.5);
    expect(nextTrust(fresh, 2 * HALF_LIFE, facets({})).value).toBe(0.25);
  });

  test("a contradicting signal multiplies, and only a strong verification takes it back", () => {
    let trust: Trust = nextTrust(undefined, 0, strong);
    trust = nextTrust(trust, 0, facets({ device: "failed", session: "failed" }));
    expect(trust.value).toBeCloseTo(PENALTIES.device * PENALTIES.session, 12);
    trust = nextTrust(trust, 0, facets({ device: "verified", policy: "verified" }));
    expect(trust.value).toBeCloseTo(PENALTIES.device * PENALTIES.session, 12);
    expect(trust.failed).toEqual(["device", "session"]);
    trust = nextTrust(trust, HOUR, facets({ identity: "verified", context: "failed" }));
    expect([trust.value, trust.failed]).toEqual([PENALTIES.context, ["context"]]);
    expect(nextTrust(trust, HOUR, strong)).toMatchObject({ value: 1, failed: [] });
  });

  test("who was never verified has none; a host is proved by its device", () => {
    expect(nextTrust(undefined, 0, facets({ policy: "verified" })).value).toBe(0);
    expect(nextTrust(undefined, 0, facets({ identity: "na", device: "verified" })).value).toBe(1);
    expect(nextTrust(undefined, 0, facets({ identity: "unknown", device: "verified" })).value).toBe(0);
  });

  test("time that runs backwards does not raise it", () => {
    const trust = nextTrust(undefined, HOUR, strong);
    expect(nextTrust(trust, 0, facets({})).value).toBeLessThanOrEqual(1);
    expect(nextTrust(trust, 0, facets({})).time).toBe(HOUR);
  });

  test("is explained event by event", () => {
    const trust = nextTrust(undefined, 0, strong);
    expect(explainTrust(undefined, 0, strong).reason).toBe("strong verification: 1 → 1.000");
    expect(explainTrust(trust, 6 * HOUR, facets({ device: "failed" }))).toMatchObject({
      before: 1,
      after: 2 ** -0.5 * 0.6,
      reason: "1.000 × 2^(−6.00 h / 12 h) = 0.707 × 0.6 (device failed) → 0.424",
    });
  });
});

describe("trust of a pillar", () => {
  const unproved = { Identity: "unknown", Device: "unknown", Policy: "unknown" };
  const rows = [
    at(0, { Subject: "ann", SessionId: "s1" }),
    at(6 * HOUR, { ...unproved, Subject: "ann", SessionId: "s1" }),
    at(12 * HOUR, { ...unproved, Subject: "ann", SessionId: "s1", Device: "failed" }),
    at(12 * HOUR, { ...unproved, Subject: "bob" }),
    at(12 * HOUR + MINUTE, { Subject: "cy", Identity: "verified" }),
  ];

  test("counts who was proved, ages of proofs and sessions, and names the least trusted", () => {
    const trust = analyze("identities", rows).analyzer.trust().get("identities");
    expect(trust).toMatchObject({ subjects: 3, proved: 2, sessions: 1, unprovedEvents: 1, forgotten: 0 });
    expect(trust?.lowest.map(({ subject, failed }) => [subject, failed])).toEqual([["ann", ["device"]]]);
    expect(trust?.lowest[0]?.trust).toBeCloseTo(0.3, 2);
    expect(trust?.sinceStrong.events).toBe(4);
    expect(trust?.sinceStrong.p99).toBeGreaterThan(21_000);
    expect(trust?.sessionAge.events).toBe(3);
  });

  test("is the same after a snapshot", () => {
    const whole = analyze("identities", rows, {}, 1).analyzer;
    const pieces = analyze("identities", rows, {}, 1, 2).analyzer;
    expect(pieces.trust()).toEqual(whole.trust());
  });

  test("rows to which no facet applies are no access: no verdict, no trust", () => {
    const none = { Identity: "na", Device: "na", Context: "na", Policy: "na", Session: "na", Encryption: "na" };
    const { analyzer } = analyze("identities", [at(0, none), at(DAY, none)]);
    expect(analyzer.verification().get("identities")).toMatchObject({ verified: 0, failed: 0, unknown: 0 });
    expect(analyzer.trust().get("identities")).toMatchObject({ subjects: 0, median: null });
  });

  test("nothing is known of a pillar without events", () => {
    expect(new Analyzer().trust().size).toBe(0);
  });
});
