import { describe, expect, test } from "vitest";
import { beaconScore } from "../../../src/analyzer/beacon-score.ts";
import beaconing from "../../../src/analyzer/detectors/beaconing.ts";
import { Random } from "../../../src/stats/random.ts";
import type { Row } from "../../signals/support.ts";
import { at, DAY, detect, HOUR, MINUTE } from "../support.ts";

const flow = (offset: number, source: string, destination: string, bytes: number): Row =>
  at(offset, { Subject: source, SubjectType: "ip", Resource: destination, Port: 443, Bytes: bytes });

function background(random: Random, hours: number): Row[] {
  return Array.from({ length: 4000 }, () => {
    const source = `10.0.0.${Math.floor(random.next() * 40)}`;
    const destination = `198.51.100.${Math.floor(random.next() ** 2 * 60)}`;
    return flow(Math.floor(random.next() * hours * HOUR), source, destination, Math.floor(random.next() ** 4 * 1e6));
  });
}

describe("the beacon score", () => {
  const seconds = (count: number, gap: (i: number) => number): number[] => {
    let time = 0;
    return Array.from({ length: count }, (_, i) => (time += gap(i)));
  };
  const span = { start: 0, end: 86_400 };

  test("a perfect beacon scores 1 on every part", () => {
    const times = seconds(1439, () => 60);
    expect(beaconScore({ times, sizes: times.map(() => 512), ...span })).toMatchObject({
      score: 1,
      timing: 1,
      size: 1,
      histogram: 1,
      duration: 1,
      interval: 60,
    });
  });

  // Intervals 10 20 30 100, quartiles 15 25 65: skew (15+65-50)/50 = 0.6; MAD of 25 is 10, closeness 0.6; mean 0.5.
  test("timing by hand", () => {
    const scored = beaconScore({ times: [0, 10, 30, 60, 160], sizes: [1, 1, 1, 1, 1], ...span });
    expect(scored).toMatchObject({ timing: 0.5, size: 1, histogram: 0, duration: 0, score: 0.375 });
  });

  test("sizes below one byte say nothing", () => {
    expect(beaconScore({ times: [0, 60, 120, 180], sizes: [0, 0, 0, 0], ...span })).toMatchObject({
      timing: 1,
      size: 0.5,
    });
  });

  test("needs four distinct times", () => {
    expect(beaconScore({ times: [0, 0, 60, 120], sizes: [1, 1, 1, 1], ...span })).toBeUndefined();
  });

  test("eleven active hours on two levels are bimodal", () => {
    const hours = [0, 1, 2, 3, 4, 5, 19, 20, 21, 22, 23];
    const times = hours.flatMap((hour) => Array.from({ length: hour < 6 ? 10 : 20 }, (_, i) => hour * 3600 + i * 170));
    const scored = beaconScore({ times, sizes: times.map(() => 100), ...span });
    expect(scored).toMatchObject({ histogram: 1, duration: 0.996 });
  });
});

describe("beaconing", () => {
  const find = (rows: Row[]) => detect(beaconing, "network", rows);

  test("a jittered beacon stands out of ordinary traffic", () => {
    const random = new Random(5);
    const beacon = Array.from({ length: 280 }, (_, i) =>
      flow(
        i * 5 * MINUTE + Math.floor(random.next() * 20_000),
        "10.0.0.7",
        "203.0.113.66",
        400 + Math.floor(random.next() * 20),
      ),
    );
    const anomalies = find([...background(random, 24), ...beacon]);
    expect(anomalies.map(({ subject }) => subject)).toEqual(["10.0.0.7"]);
    expect(anomalies[0]?.reason).toMatch(
      /28\d connections to 203.0.113.66:443 about every 5 min, reached by 2.\d* % of the sources: regularity 0\.9/,
    );
  });

  test("is found per pair, not per source", () => {
    const pair = (destination: string, shift: number) =>
      Array.from({ length: 140 }, (_, i) => flow(i * 10 * MINUTE + shift, "10.0.0.7", destination, 300));
    const rows = [...pair("203.0.113.1", 0), ...pair("203.0.113.2", 3 * MINUTE), ...background(new Random(2), 24)];
    expect(find(rows).map(({ reason }) => /to (\S+)/.exec(reason)?.[1])).toEqual([
      "203.0.113.1:443",
      "203.0.113.2:443",
    ]);
  });

  test.each(["224.0.0.251", "255.255.255.255", "169.254.1.1", "fe80::2", "ff02::2", "127.0.0.1"])(
    "%s is on the same wire: no command server answers there",
    (destination) => {
      const rows = Array.from({ length: 280 }, (_, i) => flow(i * 5 * MINUTE, "10.0.0.7", destination, 400));
      expect(find([...background(new Random(5), 24), ...rows])).toEqual([]);
    },
  );

  test("what everybody does weighs less", () => {
    const everybody = Array.from({ length: 30 }, (_, s) =>
      Array.from({ length: 140 }, (_, i) => flow(i * 10 * MINUTE, `10.0.1.${s}`, "192.0.2.53", 90)),
    ).flat();
    const [common] = find(everybody);
    expect(common?.score).toBeCloseTo(0.85, 2);
    expect(detect(beaconing, "network", everybody, { minScore: 0.9 })).toEqual([]);
  });

  test("ordinary traffic is none, and a short stream is not judged", () => {
    expect(find(background(new Random(9), 24))).toEqual([]);
    const short = Array.from({ length: 60 }, (_, i) => flow(i * MINUTE, "10.0.0.7", "203.0.113.66", 400));
    expect(find(short)).toEqual([]);
  });

  test("every full day is judged on its own", () => {
    const rows = Array.from({ length: 3 * 144 }, (_, i) => flow(i * 10 * MINUTE, "10.0.0.7", "203.0.113.66", 400));
    expect(find(rows).map(({ time }) => time)).toEqual(
      [0, 1, 2].map((d) => new Date(Date.UTC(2026, 4, 4) + d * DAY).toISOString()),
    );
  });
});
