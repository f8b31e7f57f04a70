import fc from "fast-check";
import { expect, test } from "vitest";
import { BoundedMap } from "../../src/analyzer/bounded-map.ts";
import { IdMap } from "../../src/analyzer/id-map.ts";
import { Tuples } from "../../src/analyzer/tuples.ts";
import { Names } from "../../src/signals/names.ts";

const operations = fc.array(
  fc.tuple(fc.constantFrom("get", "set", "delete"), fc.integer({ min: 0, max: 12 }).map(String)),
  { maxLength: 120 },
);

test("a map by ids does what a map by names does", () => {
  fc.assert(
    fc.property(operations, fc.integer({ min: 2, max: 10 }), fc.nat(119), (steps, capacity, cut) => {
      const names = new Names();
      const byName = new BoundedMap<number>(capacity);
      let byId = new IdMap<number>(names, capacity);
      for (const [i, [operation, key]] of steps.entries()) {
        if (operation === "set") {
          byName.set(key, i);
          byId.set(names.id(key), i);
        } else if (operation === "delete") {
          byName.delete(key);
          byId.delete(names.id(key));
        } else expect(byId.get(names.id(key))).toBe(byName.get(key));
        expect(byId.snapshot()).toEqual(byName.snapshot());
        expect([byId.size, byId.evictions]).toEqual([byName.size, byName.evictions]);
        if (i !== cut) continue;
        const saved = JSON.parse(JSON.stringify(byId.snapshot()));
        byId = new IdMap<number>(names, capacity);
        byId.restore(saved);
      }
      byName.clear();
      byId.clear();
      expect(byId.snapshot()).toEqual(byName.snapshot());
    }),
  );
});

test("names keep the ids that a map holds and give the others away", () => {
  const names = new Names();
  const map = new IdMap<number>(names, 1000);
  const kept = names.property((text) => text.length);
  for (let i = 0; i < 300_000; i++) {
    const id = names.id(`user${i}`);
    if (i % 7 === 0) map.set(id, i);
    expect(kept.of(id)).toBe(`user${i}`.length);
    if (names.isCrowded) names.sweep([]);
  }
  expect(names.bound).toBeLessThan(140_000);
  for (const [text, value] of map.entries()) {
    expect(text).toBe(`user${value}`);
    expect(map.get(names.id(text))).toBe(value);
  }
});

test("tuples are told apart, read back, and given up when nothing holds them", () => {
  const names = new Names();
  const tuples = new Tuples(names);
  const map = new IdMap<string>(tuples, 500);
  const key = (a: number, b: number, c: number): string => JSON.stringify([`a${a}`, `b${b}`, c]);
  for (let i = 0; i < 60_000; i++) {
    const [a, b, c] = [i % 11, i % 1013, (i % 3) - 1];
    const id = tuples.of(names.id(`a${a}`), names.id(`b${b}`), c);
    expect(tuples.text(id)).toBe(key(a, b, c));
    expect(tuples.id(key(a, b, c))).toBe(id);
    if (i % 5 === 0) map.set(id, key(a, b, c));
    if (i % 10_000 === 0) names.sweep([]);
  }
  for (const [text, value] of map.entries()) expect(text).toBe(value);
});
