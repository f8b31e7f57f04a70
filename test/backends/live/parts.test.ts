import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { retryAfterOf } from "../../../src/backends/live/errors.ts";
import { parseExactJson, quoteUnsafeIntegers } from "../../../src/backends/live/json.ts";
import { Limiter } from "../../../src/backends/live/limiter.ts";
import { ordered } from "../../../src/backends/live/ordered.ts";
import { type Bin, halve, planSlices, type Slice, WHOLE } from "../../../src/backends/live/slices.ts";
import { isDivisible, pinClock, withoutTimeOrder } from "../../../src/backends/live/text.ts";

describe("exact JSON", () => {
  test.each([
    ["[9007199254740993,-9223372036854775808]", ["9007199254740993", "-9223372036854775808"]],
    ["[9007199254740991,1e300,1.5,-0.25]", [9007199254740991, 1e300, 1.5, -0.25]],
    [
      '{"a 9007199254740993":"9007199254740993 \\" 12345678901234567890"}',
      { "a 9007199254740993": '9007199254740993 " 12345678901234567890' },
    ],
    ['{"x":12345678901234567890}', { x: "12345678901234567890" }],
    ["12345678901234567890.5", 12345678901234567000],
  ])("%s", (text, value) => expect(parseExactJson(text)).toEqual(value));

  test("leaves every JSON text without such integers as it is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        fc.pre(!/(?<![.\d])\d{16}/.test(text));
        expect(JSON.parse(quoteUnsafeIntegers(text))).toEqual(JSON.parse(text));
      }),
      { numRuns: 200 },
    );
  });
});

describe("the text of a query", () => {
  const NOW = 638_000_000_000_000_000n;
  const CLOCK = "datetime(2022-09-28T22:13:20.0000000Z)";
  test.each([
    ["T | where X > ago(1d)", `T | where X > (${CLOCK} - 1d)`],
    ["T | where X > now() - 1d // ago(1d)", `T | where X > ${CLOCK} - 1d // ago(1d)`],
    ["print now(-1h), 'now()', @\"ago(\\\", h'now()'", `print (${CLOCK} + -1h), 'now()', @"ago(\\", h'now()'`],
    ["print known(1), ago_(2)", "print known(1), ago_(2)"],
  ])("pins the clock: %s", (query, expected) => expect(pinClock(query, NOW)).toBe(expected));

  test.each([
    ["T | sort by TimeGenerated asc", "T"],
    ["T\n| order by TimeGenerated asc ;\n", "T"],
    ["T | sort by TimeGenerated", undefined],
    ["T | sort by TimeGenerated asc | take 5", undefined],
  ])("knows an answer in order of time: %s", (query, expected) => expect(withoutTimeOrder(query)).toBe(expected));

  test.each([
    ["T | where A == 'take 5'", true],
    ["T | project Taken, topic, sorted // sort", true],
    ["let x = T | take 5; x | where A", false],
    ["T | top 5 by A", false],
    ["T | summarize take_any(A) by B", false],
    ["let x = 1; T | where A == x", true],
    ["T | count; U | count", false],
  ])("knows whether rows can be asked for in parts: %s", (query, expected) =>
    expect(isDivisible(query)).toBe(expected),
  );
});

describe("slices", () => {
  /** How many of the slices hold a row with this time. */
  const holders = (slices: readonly Slice[], time: bigint | null): number =>
    slices.filter(({ start, end, nulls }) => {
      if (nulls) return time === null;
      if (start === undefined && end === undefined) return true;
      return time !== null && (start === undefined || time >= start) && (end === undefined || time < end);
    }).length;

  const bins = fc.array(fc.record({ start: fc.option(fc.bigInt(1n, 1000n), { nil: null }), rows: fc.nat(400_000) }), {
    maxLength: 30,
  });

  test("hold every row once, planned or halved", () => {
    fc.assert(
      fc.property(bins, fc.array(fc.nat(50), { maxLength: 12 }), (raw, choices) => {
        const known = new Map(raw.map(({ start, rows }) => [start, rows]));
        const scaled: Bin[] = [...known].map(([start, rows]) => ({
          start: start === null ? null : start * 100n,
          rows,
        }));
        let slices = planSlices(scaled, 100n, 50_000);
        for (const choice of choices) {
          const index = choice % slices.length;
          const halves = halve(slices[index] ?? WHOLE, { start: 0n, end: 100_100n }, "cut");
          if (halves && !halves.some(({ part }) => part)) slices = slices.toSpliced(index, 1, ...halves);
        }
        for (const time of [0n, 1n, 99n, 100n, 500n, 100_000n, 200_000n]) expect(holders(slices, time)).toBe(1);
        if (known.has(null) && (known.get(null) ?? 0) > 0) expect(holders(slices, null)).toBe(1);
      }),
      { numRuns: 300 },
    );
  });

  test("a moment is split by the hash of its rows, each row in one part", () => {
    const moment: Slice = { start: 5n, end: 6n, heavy: 0 };
    let parts: readonly Slice[] = [moment];
    for (let i = 0; i < 4; i++) parts = parts.flatMap((slice) => halve(slice, { start: 0n, end: 10n }, "cut") ?? []);
    const seen = parts.map(({ part }) => part);
    for (let hash = 0; hash < 200; hash++) expect(seen.filter((p) => p && hash % p.of === p.index)).toHaveLength(1);
  });

  test("end where halving does not help", () => {
    let slice: Slice | undefined = { start: 0n, end: 2n ** 60n, heavy: 0 };
    let steps = 0;
    for (; slice; steps++) slice = halve(slice, { start: 0n, end: 1n }, "heavy")?.[0];
    expect(steps).toBe(9);
  });
});

test("jobs run ahead and answer in order, replaced ones in their place", async () => {
  let running = 0;
  let peak = 0;
  const run = async (job: number) => {
    running += 1;
    peak = Math.max(peak, running);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 5));
    running -= 1;
    return job % 10 === 0 && job > 0 ? { instead: [job + 0.25, job + 0.5] } : { result: job };
  };
  const results: number[] = [];
  for await (const result of ordered([1, 10, 11, 20, 21], 3, run)) results.push(result);
  expect(results).toEqual([1, 10.25, 10.5, 11, 20.25, 20.5, 21]);
  // Of two jobs that take the place of one, the second can start beside what already ran ahead.
  expect(peak).toBeLessThanOrEqual(4);
});

describe("limits", () => {
  test("hold the rate and halve the concurrency on a complaint", async () => {
    const limiter = new Limiter({ concurrency: 4, rate: 3, period: 60 });
    const start = performance.now();
    await Promise.all(Array.from({ length: 7 }, () => limiter.run(async () => undefined)));
    expect(performance.now() - start).toBeGreaterThanOrEqual(110);
    limiter.complaint(0);
    expect(limiter.concurrency).toBe(2);
    for (let i = 0; i < 10; i++) limiter.calm();
    expect(limiter.concurrency).toBe(3);
  });

  test("an abort ends the wait", async () => {
    const limiter = new Limiter({ concurrency: 1, rate: 100, period: 1000 });
    const stop = new AbortController();
    let free = (): void => undefined;
    const first = limiter.run(() => new Promise<void>((resolve) => (free = resolve)));
    const second = limiter.run(async () => undefined, stop.signal);
    stop.abort(new Error("stop"));
    await expect(second).rejects.toThrow("stop");
    free();
    await first;
  });

  test.each([
    [{ "retry-after": "7" }, 7000],
    [{ "retry-after-ms": "15" }, 15],
    [{ "x-ms-retry-after-ms": "0" }, 0],
    [{ "retry-after": "Thu, 01 Jan 1970 00:00:09 GMT" }, 9000],
    [{ "retry-after": "soon" }, undefined],
    [{}, undefined],
  ])("reads how long to wait from %o", (headers: Record<string, string>, expected) =>
    expect(retryAfterOf({ get: (name) => headers[name] }, 0)).toBe(expected),
  );
});
