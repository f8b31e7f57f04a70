import { describe, expect, test } from "vitest";
import sensorSilence from "../../../src/analyzer/detectors/sensor-silence.ts";
import type { Row } from "../../signals/support.ts";
import { at, DAY, detect, HOUR, MINUTE } from "../support.ts";

/** A host that reports every `every` ms between two offsets. */
const host = (name: string, from: number, to: number, every = 5 * MINUTE): Row[] =>
  Array.from({ length: Math.floor((to - from) / every) }, (_, i) =>
    at(from + i * every, { Subject: name, SubjectType: "host" }),
  );

const find = (...rows: Row[]) => detect(sensorSilence, "devices", rows);

describe("sensor silence", () => {
  test("a host that reported every 5 minutes stops", () => {
    const anomalies = find(...host("web", 0, 2.5 * DAY), ...host("db", 0, 1.5 * DAY));
    expect(anomalies).toHaveLength(1);
    expect(anomalies[0]).toMatchObject({ subject: "db", time: "2026-05-05T13:00:00.000Z" });
    expect(anomalies[0]?.reason).toMatch(
      /No report of the portal for 65 min; it used to report every 5 min, and up to 60 min/,
    );
  });

  test("is told once, and again after it came back", () => {
    const rows = [...host("web", 0, 4 * DAY), ...host("db", 0, 2 * DAY), ...host("db", 2.5 * DAY, 3 * DAY)];
    expect(find(...rows).map(({ subject }) => subject)).toEqual(["db", "db"]);
  });

  test("follows the sensor's own cadence", () => {
    const rows = [...host("web", 0, 3 * DAY), ...host("daily", 0, 2 * DAY, HOUR)];
    const [anomaly, ...others] = find(...rows);
    expect(others).toEqual([]);
    expect(anomaly?.reason).toMatch(/every 60 min, and up to 3 h/);
  });

  test("a laptop that sleeps at night is judged only once its nights are known", () => {
    const nights = (days: number) =>
      Array.from({ length: days }, (_, d) => host("laptop", d * DAY + 8 * HOUR, d * DAY + 18 * HOUR)).flat();
    expect(find(...host("web", 0, 5 * DAY), ...nights(4))).toEqual([]);
    expect(find(...host("web", 0, 10.3 * DAY), ...nights(10))).toEqual([]);
    expect(find(...host("web", 0, 12 * DAY), ...nights(10)).map(({ subject }) => subject)).toEqual(["laptop"]);
  });

  test("a silence that keeps coming back becomes cadence", () => {
    const naps = [2, 3, 4, 5, 6].flatMap((day) => host("db", day * DAY, (day + 1) * DAY - 3 * HOUR));
    const told = find(...host("web", 0, 7 * DAY), ...host("db", 0, 2 * DAY - 3 * HOUR), ...naps);
    expect(told.map(({ subject }) => subject)).toEqual(["db", "db"]);
  });

  test("too few reports are no cadence", () =>
    expect(find(...host("web", 0, DAY), ...host("new", 0, HOUR))).toEqual([]));

  test("most sensors at once is an outage of the source", () => {
    const hosts = Array.from({ length: 8 }, (_, i) => host(`h${i}`, i * 1000, 1.5 * DAY)).flat();
    const [anomaly, ...others] = find(...hosts, ...host("last", 0, 2 * DAY));
    expect(others).toEqual([]);
    expect(anomaly).toMatchObject({ subject: "8 sensors" });
    expect(anomaly?.reason).toMatch(/8 of 9 known sensors fell silent together/);
  });

  test("each sensor of a host has its own cadence", () => {
    const agent = host("web", 0, 2 * DAY).map((row) => ({ ...row, Resource: "agent" }));
    const endpoint = host("web", 0, 1.5 * DAY).map((row) => ({ ...row, Resource: "endpoint sensor" }));
    const [anomaly, ...others] = find(...agent, ...endpoint);
    expect(others).toEqual([]);
    expect(anomaly).toMatchObject({ subject: "web" });
    expect(anomaly?.reason).toMatch(/^No report of the endpoint sensor for 65 min/);
  });

  test("users are no sensors", () => {
    const users = host("ann", 0, 1.5 * DAY).map((row) => ({ ...row, SubjectType: "user" }));
    expect(find(...host("web", 0, 2 * DAY), ...users)).toEqual([]);
  });
});
