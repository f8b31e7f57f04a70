import { describe, expect, test } from "vitest";
import deviceCode from "../../../src/analyzer/detectors/device-code.ts";
import mfaFatigue from "../../../src/analyzer/detectors/mfa-fatigue.ts";
import oauthConsent from "../../../src/analyzer/detectors/oauth-consent.ts";
import tokenReplay from "../../../src/analyzer/detectors/token-replay.ts";
import unfamiliarSignIn from "../../../src/analyzer/detectors/unfamiliar-sign-in.ts";
import { Random } from "../../../src/stats/random.ts";
import type { Row } from "../../signals/support.ts";
import { at, DAY, detect, HOUR, MINUTE } from "../support.ts";

describe("MFA fatigue", () => {
  const prompt = (minute: number, ResultCode = "500121"): Row => at(minute * MINUTE, { ResultCode });
  const find = (...rows: Row[]) => detect(mfaFatigue, "identities", rows);

  test("refused again and again, then given in: one anomaly", () => {
    const [anomaly, ...others] = find(...[0, 2, 4, 6, 8].map((minute) => prompt(minute)), prompt(9, "0"));
    expect(others).toEqual([]);
    expect(anomaly?.reason).toBe(
      "5 MFA prompts refused within 60 min, then a sign-in succeeded 60 s after the last one (limit 2 before a success).",
    );
  });

  test("refused again and again", () => {
    expect(find(...[0, 10, 20, 30].map((minute) => prompt(minute)))[0]?.reason).toMatch(
      /^4 MFA prompts refused within 60 min \(limit 3\)/,
    );
  });

  test.each([
    ["one refusal and a success", [prompt(0), prompt(1, "0")]],
    ["three refusals over the day", [0, 100, 200, 300].map((minute) => prompt(minute))],
    ["a success long after", [prompt(0), prompt(2), prompt(30, "0")]],
    ["one refusal logged five times", [0, 0.01, 0.02, 0.03, 0.03].map((minute) => prompt(minute))],
    ["wrong passwords", [0, 1, 2, 3, 4].map((minute) => prompt(minute, "50126"))],
  ])("is not seen in %s", (_name, rows) => expect(find(...rows)).toEqual([]));
});

describe("token replay", () => {
  const HOME = {
    IP: "192.0.2.1",
    ASN: "64500",
    Country: "CH",
    UserAgent: "Edge",
    DeviceId: "d1",
    SessionId: "s1",
    ResultCode: "0",
  };
  const find = (...rows: Row[]) => detect(tokenReplay, "identities", rows);

  test("a session in another network, client and country, from no device", () => {
    const stolen = { ...HOME, IP: "198.51.100.9", ASN: "64999", Country: "BR", UserAgent: "curl", DeviceId: "" };
    const [anomaly, ...others] = find(
      at(0, HOME),
      at(20 * MINUTE, stolen),
      at(21 * MINUTE, HOME),
      at(22 * MINUTE, stolen),
    );
    expect(others).toEqual([]);
    expect(anomaly?.reason).toBe(
      "Session s1 was presented from 192.0.2.1 (AS64500) and 20 min later from 198.51.100.9 (AS64999); " +
        "beside the network 3 of 3 properties changed: country CH → BR, client, device.",
    );
    expect(anomaly?.score).toBe(5);
  });

  test.each([
    ["a phone that changes its network", { ASN: "64501", IP: "192.0.2.77" }],
    ["a new address of the same network", { IP: "192.0.2.9", UserAgent: "Edge 2" }],
    ["another session", { IP: "198.51.100.9", ASN: "64999", Country: "BR", SessionId: "s2" }],
    ["a refused use", { IP: "198.51.100.9", ASN: "64999", Country: "BR", ResultCode: "50173" }],
  ])("is not seen in %s", (_name, changes) => expect(find(at(0, HOME), at(HOUR, { ...HOME, ...changes }))).toEqual([]));

  test("is not seen two days later, and works without network numbers", () => {
    const abroad = { ...HOME, IP: "198.51.100.9", Country: "BR", UserAgent: "curl" };
    expect(find(at(0, HOME), at(2 * DAY, { ...abroad, ASN: "64999" }))).toEqual([]);
    expect(find(at(0, { ...HOME, ASN: "" }), at(HOUR, { ...abroad, ASN: "" }))).toHaveLength(1);
  });
});

describe("device code", () => {
  const usual = Array.from({ length: 300 }, (_, i) =>
    at(i * HOUR, { Subject: `u${i % 10}`, Protocol: "none", ASN: "64500", IP: "192.0.2.1" }),
  );
  const find = (...rows: Row[]) => detect(deviceCode, "identities", rows);
  const use = (offset: number, changes: Row = {}): Row =>
    at(offset, { Subject: "u3", Protocol: "deviceCode", ASN: "64999", IP: "203.0.113.4", ResultCode: "0", ...changes });

  test("a first use in a tenant that does not use it, from a new network", () => {
    const [anomaly, ...others] = find(...usual, use(12 * DAY), use(12 * DAY + HOUR));
    expect(others).toEqual([]);
    expect(anomaly).toMatchObject({ subject: "u3", time: "2026-05-16T00:00:00.000Z" });
    expect(anomaly?.reason).toMatch(
      /in 12 d \(29 other sign-ins\), from 203.0.113.4, a network new to the user \(64999\); in the tenant 0 of 289 sign-ins/,
    );
    const [known] = find(...usual, use(12 * DAY, { ASN: "64500" }));
    expect(known?.score).toBeCloseTo((anomaly?.score ?? 0) - 2, 5);
  });

  test.each([
    ["while learning", [...usual, use(2 * DAY)]],
    [
      "where everybody uses it",
      [...usual.map((row, i) => (i % 5 === 0 ? { ...row, Protocol: "deviceCode" } : row)), use(12 * DAY)],
    ],
    [
      "when refused",
      [...usual, use(12 * DAY, { ResultCode: "50199" }), use(12 * DAY, { ResultCode: "53003" })].slice(0, 300),
    ],
    ["for one who always does", [...usual, use(DAY), use(12 * DAY)]],
  ])("is not seen %s", (_name, rows) => expect(find(...rows)).toEqual([]));
});

describe("unfamiliar sign-in", () => {
  /** Twenty users at two offices and at home, with two clients each. */
  function tenant(random: Random): Row[] {
    return Array.from({ length: 4000 }, (_, i) => {
      const user = Math.floor(random.next() * 20);
      const home = random.next() < 0.4;
      const place = home
        ? { IP: `198.51.100.${user}`, ASN: `650${10 + (user % 5)}` }
        : { IP: `192.0.2.${user % 2}`, ASN: "64500" };
      return at(i * 6 * MINUTE, {
        Subject: `u${user}`,
        Country: "CH",
        UserAgent: random.next() < 0.8 ? "Edge" : "Outlook",
        DeviceId: `d${user}`,
        ResultCode: "0",
        ...place,
      });
    });
  }
  const usual = tenant(new Random(1));
  const find = (...rows: Row[]) => detect(unfamiliarSignIn, "identities", rows);
  const stranger = {
    Subject: "u4",
    IP: "203.0.113.9",
    ASN: "64999",
    Country: "BR",
    UserAgent: "python",
    DeviceId: "",
    ResultCode: "0",
  };

  test("another country, network and client", () => {
    const [anomaly, ...others] = find(...usual, at(16 * DAY, stranger));
    expect(others).toEqual([]);
    expect(anomaly).toMatchObject({ subject: "u4" });
    expect(anomaly?.reason).toMatch(
      /4 of 5 properties never seen in \d+ sign-ins over 1\d(\.\d)? d: address 203.0.113.9, network 64999, country BR, client python; likelihood ratio 10\^\d/,
    );
  });

  test.each([
    ["the usual days", usual],
    [
      "a new address in the usual network with a new client",
      [...usual, at(16 * DAY, { ...stranger, ASN: "64500", Country: "CH", UserAgent: "Edge 2" })],
    ],
    ["a refused attempt", [...usual, at(16 * DAY, { ...stranger, ResultCode: "50126" })]],
    ["a new user", [...usual, at(16 * DAY, { ...stranger, Subject: "new" })]],
  ])("is not seen in %s", (_name, rows) => expect(find(...rows)).toEqual([]));

  test("what was seen once is familiar", () => {
    expect(find(...usual, at(16 * DAY, stranger), at(17 * DAY, stranger))).toHaveLength(1);
  });
});

describe("OAuth consent", () => {
  const consent = (offset: number, Subject: string, App: string, changes: Row = {}): Row =>
    at(offset, { Operation: "Consent to application", Subject, App, ResultCode: "success", ...changes });
  const known = consent(0, "ann", "Planner");
  const find = (...rows: Row[]) => detect(oauthConsent, "applications", rows);

  test("several users within an hour for an application that is new", () => {
    const wave = ["bob", "cem", "dan", "eva"].map((user, i) =>
      consent(9 * DAY + i * 10 * MINUTE, user, "0ffice Updater"),
    );
    const [anomaly, ...others] = find(known, ...wave);
    expect(others).toEqual([]);
    expect(anomaly?.subject).toBe("0ffice Updater");
    expect(anomaly?.reason).toBe(
      "4 users consented within 1 h (limit 3) to an application first seen 30 min before, last eva.",
    );
  });

  test("one administrator for an application permission", () => {
    const grant = consent(9 * DAY, "root", "0ffice Updater", {
      Operation: "Add app role assignment to service principal",
    });
    expect(find(known, grant)[0]?.reason).toMatch(/^root granted permissions without a user/);
  });

  test.each([
    ["two users", ["bob", "cem"].map((user) => consent(9 * DAY, user, "New"))],
    ["a known application", ["bob", "cem", "dan"].map((user) => consent(9 * DAY, user, "Planner"))],
    ["users spread over days", ["bob", "cem", "dan"].map((user, i) => consent(9 * DAY + i * 3 * HOUR, user, "New"))],
    ["the learning days", ["bob", "cem", "dan"].map((user) => consent(2 * DAY, user, "New"))],
    [
      "other operations",
      ["bob", "cem", "dan"].map((user) => consent(9 * DAY, user, "New", { Operation: "Update user" })),
    ],
  ])("is not seen in %s", (_name, rows) => expect(find(known, ...rows)).toEqual([]));
});
