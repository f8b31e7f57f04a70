import { describe, expect, test } from "vitest";
import dnsTunnelling, { entropy, splitName } from "../../../src/analyzer/detectors/dns-tunnelling.ts";
import networkScan from "../../../src/analyzer/detectors/network-scan.ts";
import { Random } from "../../../src/stats/random.ts";
import type { Row } from "../../signals/support.ts";
import { at, DAY, detect } from "../support.ts";

describe("network scan", () => {
  const contact = (i: number, changes: Row = {}): Row =>
    at(i * 1000, {
      Subject: "10.0.0.5",
      SubjectType: "ip",
      Resource: `10.0.1.${i % 250}`,
      Port: 22 + Math.floor(i / 250),
      ResultCode: "Denied",
      ...changes,
    });
  const contacts = (count: number, change: (i: number) => Row = () => ({})): Row[] =>
    Array.from({ length: count }, (_, i) => contact(i, change(i)));
  const find = (rows: Row[]) => detect(networkScan, "network", rows);

  test("a source whose first contacts fail", () => {
    const [anomaly, ...others] = find(contacts(200, (i) => (i % 10 === 0 ? { ResultCode: "Allowed" } : {})));
    expect(others).toEqual([]);
    expect(anomaly).toMatchObject({ subject: "10.0.0.5" });
    expect(anomaly?.reason).toMatch(/^180 of 200 first contacts with a target failed within 24 h \(limit 15\)/);
  });

  test("a client that turns scanner is found as fast as a new one", () => {
    const client = contacts(500, () => ({ ResultCode: "Allowed" }));
    const scan = Array.from({ length: 20 }, (_, i) => contact(1000 + i));
    expect(find([...client, ...scan])).toHaveLength(1);
  });

  test("what most failing sources do every day is the internet's noise; who does far more of it is told", () => {
    const random = new Random(5);
    const noise = Array.from({ length: 12_000 }, () =>
      contact(Math.floor(random.next() * 3 * 86_400), {
        Subject: `203.0.113.${Math.floor(random.next() * 200)}`,
        Port: Math.floor(random.next() * 60_000),
      }),
    );
    expect(find(noise)).toEqual([]);
    const scan = Array.from({ length: 150 }, (_, i) => contact(2 * 86_400 + i));
    const told = find([...noise, ...scan]);
    expect(told.map(({ subject }) => subject)).toEqual(["10.0.0.5"]);
    expect(told[0]?.reason).toMatch(/98 % of \d+ failing sources stay below \d+/);
  });

  test.each([
    ["one closed service, asked again and again", contacts(500, () => ({ Resource: "10.0.1.1", Port: 22 }))],
    ["a client with some failures", contacts(500, (i) => (i % 4 === 0 ? {} : { ResultCode: "Allowed" }))],
    ["fourteen failures", contacts(14)],
    ["many sources", contacts(400, (i) => ({ Subject: `10.0.2.${i % 200}` }))],
  ])("is not seen in %s", (_name, rows) => expect(find(rows)).toEqual([]));
});

describe("DNS tunnelling", () => {
  const random = new Random(6);
  const noise = (length: number): string =>
    Array.from({ length }, () => "abcdefghijklmnopqrstuvwxyz234567".charAt(Math.floor(random.next() * 32))).join("");
  const ask = (i: number, Resource: string, changes: Row = {}): Row =>
    at(i * 10_000, { Subject: "10.0.0.5", SubjectType: "ip", Resource, Protocol: "DNS", Port: 53, ...changes });
  const queries = (count: number, name: (i: number) => string): Row[] =>
    Array.from({ length: count }, (_, i) => ask(i, name(i)));
  const find = (rows: Row[]) => detect(dnsTunnelling, "network", rows);
  const tunnel = queries(150, () => `${noise(32)}.t.example.co.uk`);

  test("many long, even names below one domain", () => {
    const [anomaly, ...others] = find(tunnel);
    expect(others).toEqual([]);
    expect(anomaly?.reason).toMatch(
      /distinct names below example\.co\.uk in 1\d\d queries within 24 h \(limit 100\), on average 34 characters long with 4\.\d+ bits/,
    );
  });

  test.each([
    ["short names of a content network", queries(400, (i) => `e${i}.cdn.example.net`)],
    ["one long name", queries(400, () => `${"a1b2c3d4".repeat(4)}.example.net`)],
    ["names of many domains", queries(300, (i) => `${noise(30)}.example${i}.net`)],
    ["what is no DNS", tunnel.map((row) => ({ ...row, Protocol: "TCP", Port: 443 }))],
    [
      "a hundred names over a month",
      queries(150, () => `${noise(32)}.example.net`).map((row, i) => ({
        ...row,
        ...ask(0, String(row.Resource)),
        TimeGenerated: new Date(Date.UTC(2026, 4, 1) + i * DAY * 0.2).toISOString(),
      })),
    ],
  ])("is not seen in %s", (_name, rows) => expect(find(rows)).toEqual([]));

  test("a domain is what a registrar sells", () => {
    expect(splitName("a.b.contoso.com")).toEqual(["contoso.com", "a.b"]);
    expect(splitName("A.Contoso.co.uk.")).toEqual(["contoso.co.uk", "a"]);
    for (const name of ["contoso.com", "contoso.co.uk", "192.0.2.1", "a..com", ""])
      expect(splitName(name)).toBeUndefined();
  });

  test("entropy in bits per character", () => {
    expect(entropy("aaaa")).toBe(0);
    expect(entropy("abcdabcd")).toBe(2);
  });

  test("time passes only with the rows", () =>
    expect(
      find([
        ...tunnel.slice(0, 60),
        ...tunnel.slice(60).map((row, i) => ({ ...row, ...ask(26 * 360 + i, String(row.Resource)) })),
      ]),
    ).toEqual([]));
});
