import { describe, expect, test } from "vitest";
import impossibleTravel from "../../../src/analyzer/detectors/impossible-travel.ts";
import passwordSpray from "../../../src/analyzer/detectors/password-spray.ts";
import type { Row } from "../../signals/support.ts";
import { at, DAY, detect, HOUR, MINUTE } from "../support.ts";

const ZURICH = { Latitude: 47.37, Longitude: 8.54, Country: "CH", IP: "192.0.2.1", ASN: "64500", ResultCode: "0" };
const BERN = { ...ZURICH, Latitude: 46.95, Longitude: 7.45, IP: "192.0.2.2" };
const SAO_PAULO = {
  Latitude: -23.55,
  Longitude: -46.63,
  Country: "BR",
  IP: "198.51.100.9",
  ASN: "64999",
  ResultCode: "0",
};

describe("impossible travel", () => {
  const find = (...rows: Row[]) => detect(impossibleTravel, "identities", rows);

  test("Zürich, an hour later São Paulo", () => {
    const [anomaly, ...others] = find(
      at(0, ZURICH),
      at(HOUR, SAO_PAULO),
      at(2 * HOUR, ZURICH),
      at(3 * HOUR, SAO_PAULO),
    );
    expect(others).toEqual([]);
    expect(anomaly).toMatchObject({ subject: "ann@contoso.com", time: "2026-05-04T01:00:00.000Z" });
    expect(anomaly?.reason).toMatch(
      /from BR \(198.51.100.9\) 60 min after CH \(192.0.2.1\): 96\d\d km apart, 96\d\d km\/h against a limit of 800/,
    );
  });

  test("the same second is not infinitely fast", () => {
    const [anomaly] = find(at(0, ZURICH), at(0, SAO_PAULO));
    expect(Number.isFinite(anomaly?.score)).toBe(true);
  });

  test.each([
    ["a flight's time", [at(0, ZURICH), at(13 * HOUR, SAO_PAULO)]],
    ["a short way", [at(0, ZURICH), at(1000, BERN)]],
    ["a failed attempt from afar", [at(0, ZURICH), at(HOUR, { ...SAO_PAULO, ResultCode: "50126" })]],
    ["an empty location", [at(0, ZURICH), at(HOUR, { ...SAO_PAULO, Latitude: null, Longitude: null })]],
    ["the location 0/0", [at(0, ZURICH), at(HOUR, { ...SAO_PAULO, Latitude: 0, Longitude: 0 })]],
    ["one address that moves", [at(0, ZURICH), at(HOUR, { ...SAO_PAULO, IP: ZURICH.IP })]],
    ["two users", [at(0, ZURICH), at(HOUR, { ...SAO_PAULO, Subject: "bob@contoso.com" })]],
    ["a place used before", [at(0, SAO_PAULO), at(3 * DAY, ZURICH), at(3 * DAY + HOUR, SAO_PAULO)]],
  ])("is not seen in %s", (_name, rows) => expect(find(...rows)).toEqual([]));

  test("an address that many users come from is an egress, even when that shows only later", () => {
    const users = ["ann", "bob", "cem", "dan", "eva"];
    const rows = users.flatMap((Subject, i) => [
      at(i * HOUR, { ...ZURICH, IP: `192.0.2.${10 + i}`, Subject }),
      at(i * HOUR + 5 * MINUTE, { ...SAO_PAULO, Subject }),
    ]);
    expect(find(...rows)).toEqual([]);
    expect(find(...rows.slice(0, 8))).toHaveLength(4);
  });
});

describe("password spray", () => {
  const fail = (minute: number, user: number, changes: Row = {}) =>
    at(minute * MINUTE, { IP: "203.0.113.5", ResultCode: "50126", Subject: `user${user}`, ...changes });
  const find = (...rows: Row[]) => detect(passwordSpray, "identities", rows);
  const spray = Array.from({ length: 12 }, (_, i) => fail(i, i));

  test("one address fails on many accounts, then is let in: one anomaly for the whole burst", () => {
    const anomalies = find(...spray, fail(12, 3, { ResultCode: "0" }));
    expect(anomalies).toHaveLength(1);
    expect(anomalies[0]).toMatchObject({ subject: "203.0.113.5", time: "2026-05-04T00:04:00.000Z" });
    expect(anomalies[0]?.reason).toMatch(
      /12 accounts within 20 min \(limit 5\) and succeeded for 1; 1 then succeeded, first user3\./,
    );
  });

  test("a burst across the edge of any fixed bucket is seen", () => {
    for (const shift of [0, 7, 13, 18, 19])
      expect(find(...[0, 1, 2, 3, 4].map((i) => fail(shift + i, i)))).toHaveLength(1);
  });

  test("two bursts a day apart are two anomalies", () => {
    expect(find(...spray, ...[0, 1, 2, 3, 4].map((i) => fail(1440 + i, i)))).toHaveLength(2);
  });

  test.each([
    ["four accounts", [0, 1, 2, 3].map((i) => fail(i, i))],
    ["one account, many times", Array.from({ length: 40 }, (_, i) => fail(i / 4, 1))],
    ["five accounts over five hours", [0, 1, 2, 3, 4].map((i) => fail(60 * i, i))],
    [
      "an office where more succeed than fail",
      Array.from({ length: 30 }, (_, i) => fail(i / 3, i, i % 3 === 0 ? {} : { ResultCode: "0" })),
    ],
    ["interrupts that only ask for MFA", spray.map((row) => ({ ...row, ResultCode: "50074" }))],
    ["no address", spray.map((row) => ({ ...row, IP: "" }))],
  ])("is not seen in %s", (_name, rows) => expect(find(...rows)).toEqual([]));
});
