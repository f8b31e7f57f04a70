import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FACET_STATES, FACETS, type Facet, type FacetState, type Signal } from "../../src/core/signal.ts";
import { columnsOf, signalAt } from "../../src/signals/batch.ts";
import { decodeSignals } from "../../src/signals/decode.ts";
import { Tally } from "../../src/signals/tally.ts";
import { TimeParser } from "../../src/signals/time.ts";
import { verdict } from "../../src/signals/verdict.ts";
import { batchOf, row } from "./support.ts";

const facets = (text: string): Record<Facet, FacetState> =>
  Object.fromEntries(FACETS.map((facet, i) => [facet, FACET_STATES["vfun".indexOf(text.charAt(i))]])) as Record<
    Facet,
    FacetState
  >;

describe("verdict", () => {
  // One letter per facet: verified, failed, unknown, not applicable.
  test.each([
    ["vvvvvv", 2, "verified"],
    ["vvuunn", 2, "verified"],
    ["vuuuun", 2, "unknown"],
    ["uuuuuu", 2, "unknown"],
    ["nnnnnn", 2, "unknown"],
    ["vvvvvf", 2, "failed"],
    ["funnnn", 2, "failed"],
    ["vvunnn", 3, "unknown"],
    ["uuuuuu", 0, "verified"],
  ])("%s with %i known → %s", (text, known, expected) => expect(verdict(facets(text), known)).toBe(expected));
});

const anyFacets = fc.tuple(...FACETS.map(() => fc.constantFrom(...FACET_STATES)));
const facetCells = (states: readonly FacetState[]) =>
  Object.fromEntries(
    ["Identity", "Device", "Context", "Policy", "Session", "Encryption"].map((name, i) => [name, states[i] ?? null]),
  );

describe("tally", () => {
  test("equals the verdicts one by one, and reconciles", () => {
    fc.assert(
      fc.property(fc.array(anyFacets, { maxLength: 60 }), fc.integer({ min: 1, max: 6 }), (events, known) => {
        const { batch } = decodeSignals(batchOf(events.map((states) => row(facetCells(states)))));
        const tally = new Tally(known);
        tally.add(batch);
        const result = tally.result();
        // A row to which no facet applies is no access.
        const accesses = events.flatMap((states, i) => (states.every((state) => state === "na") ? [] : [i]));
        const expected = accesses.map((i) => verdict(signalAt(batch, i).facets, known));
        for (const name of ["verified", "failed", "unknown"] as const) {
          expect(result[name]).toBe(expected.filter((given) => given === name).length);
        }
        for (const facet of FACETS) {
          const { verified, failed, unknown, na } = result.facets[facet];
          expect(verified + failed + unknown + na).toBe(events.length);
        }
        if (result.rate !== null) {
          expect(result.low).toBeLessThanOrEqual(result.rate);
          expect(result.high).toBeGreaterThanOrEqual(result.rate);
        }
      }),
    );
  });

  test("names who fails most and samples what failed", () => {
    const events = Array.from({ length: 300 }, (_, i) =>
      row({ EventId: `e${i}`, Subject: `u${i % 7 === 0 ? i : 1}`, Policy: i % 3 === 0 ? "verified" : "failed" }),
    );
    const tally = new Tally();
    tally.add(decodeSignals(batchOf(events)).batch);
    const { failed, topFailed, failedSample } = tally.result();
    expect(failed).toBe(200);
    const mine = events.filter(({ Subject, Policy }) => Subject === "u1" && Policy === "failed").length;
    expect(topFailed[0]).toEqual({ key: "u1", count: mine, error: 0 });
    expect(failedSample).toHaveLength(10);
    expect(failedSample.every(({ facets: { policy } }) => policy === "failed")).toBe(true);
  });

  test("has no rate without a judged event", () => {
    const tally = new Tally();
    tally.add(decodeSignals(batchOf([row(facetCells(["unknown", "na", "na", "na", "na", "na"]))])).batch);
    expect(tally.result()).toMatchObject({ verified: 0, failed: 0, unknown: 1, rate: null, low: null, high: null });
    expect(tally.result().facets.identity.coverage).toBe(0);
    expect(tally.result().facets.device.coverage).toBeNull();
  });

  test("continues from a snapshot", () => {
    const { batch } = decodeSignals(batchOf([row(), row({ Identity: "failed" })]));
    const [whole, first] = [new Tally(), new Tally()];
    for (const tally of [whole, whole, first]) tally.add(batch);
    const second = new Tally(2, JSON.parse(JSON.stringify(first.snapshot())));
    second.add(batch);
    expect(second.result()).toEqual(whole.result());
  });
});

describe("reading the answer of a signal query", () => {
  test("keeps the values of the contract's columns and drops others", () => {
    const given = row({
      IP: "192.0.2.1",
      Latitude: 47.4,
      Bytes: "9007199254740993",
      Port: 443,
      Country: null,
      Extra: 1,
    });
    const { batch, rejected, problems } = decodeSignals(batchOf([given]));
    expect({ rejected, problems }).toEqual({ rejected: 0, problems: [] });
    expect(signalAt(batch, 0)).toEqual({
      time: Date.UTC(2026, 4, 1, 8),
      eventId: "e1",
      subject: "ann@contoso.com",
      subjectType: "user",
      resource: "portal",
      facets: {
        identity: "verified",
        device: "verified",
        context: "unknown",
        policy: "verified",
        session: "na",
        encryption: "na",
      },
      context: { IP: "192.0.2.1", Country: "", Latitude: 47.4, Bytes: 9007199254740992, Port: 443 },
    });
  });

  test.each([
    [
      "a facet in another spelling",
      { Identity: "Verified" },
      'Identity is "Verified", expected one of verified, failed, unknown, na',
    ],
    ["a facet named like a property", { Device: "__proto__" }, 'Device is "__proto__"'],
    ["a null facet", { Policy: null }, "Policy is null"],
    ["no time", { TimeGenerated: null }, "TimeGenerated is null, expected an ISO 8601 datetime"],
    ["an impossible time", { TimeGenerated: "2026-02-30T00:00:00.0000000Z" }, "TimeGenerated"],
    ["an unknown subject type", { SubjectType: "robot" }, 'SubjectType is "robot"'],
  ])("rejects %s, and the rest stays", (_name, changes, message) => {
    const { batch, rejected, problems } = decodeSignals(
      batchOf([row({ EventId: "a" }), row(changes), row({ EventId: "b" })]),
    );
    expect(batch.eventId).toEqual(["a", "b"]);
    expect(rejected).toBe(1);
    expect(problems).toEqual([{ row: 1, column: Object.keys(changes)[0], message: expect.stringContaining(message) }]);
  });

  test("a missing required column rejects every row and says which", () => {
    const { batch, rejected, problems } = decodeSignals(batchOf([row(), row()], ["Policy", "EventId"]));
    expect([batch.rowCount, rejected]).toEqual([0, 2]);
    expect(problems.map(({ message }) => message)).toEqual([
      "The query does not return EventId",
      "The query does not return Policy",
    ]);
  });

  test("explains the first rejected rows and counts all", () => {
    const { rejected, problems } = decodeSignals(batchOf(Array.from({ length: 100 }, () => row({ Session: "?" }))));
    expect([rejected, problems.length]).toEqual([100, 20]);
  });

  test("signals survive the way through columns", () => {
    const signal: Signal = signalAt(decodeSignals(batchOf([row({ IP: "192.0.2.9", Bytes: 12 })])).batch, 0);
    expect(signalAt(decodeSignals(columnsOf([signal])).batch, 0)).toEqual(signal);
  });
});

describe("time", () => {
  test.each([
    ["2026-05-01T08:00:00.0000000Z", Date.UTC(2026, 4, 1, 8)],
    ["2026-05-01T08:00:00.1234567Z", Date.UTC(2026, 4, 1, 8) + 123.4567],
    ["2026-05-01", Date.UTC(2026, 4, 1)],
    ["2026-05-01T08:00:00+02:00", Date.UTC(2026, 4, 1, 6)],
    ["1969-12-31T23:59:59.9999999Z", -0.0001],
    ["2026-05-01T24:00:00.0000000Z", Number.NaN],
    ["2026-05-01T08:00:0x.0000000Z", Number.NaN],
    ["2026-13-01T08:00:00.0000000Z", Number.NaN],
    ["", Number.NaN],
  ])("%s", (text, expected) => {
    const parsed = new TimeParser().parse(text);
    if (Number.isNaN(expected)) expect(parsed).toBeNaN();
    else expect(parsed).toBeCloseTo(expected, 4);
  });

  test("the fast path equals Date on any day", () => {
    const parser = new TimeParser();
    const dates = fc.date({ min: new Date(0), max: new Date("2200-01-01"), noInvalidDate: true });
    fc.assert(
      fc.property(dates, (date) => {
        expect(parser.parse(date.toISOString().replace("Z", "0000Z"))).toBe(date.getTime());
      }),
    );
  });
});
