import fc from "fast-check";
import { expect, test } from "vitest";
import { BoundedMap } from "../../src/analyzer/bounded-map.ts";

const operations = fc.array(
  fc.tuple(fc.constantFrom("get", "set", "delete"), fc.integer({ min: 0, max: 12 }).map(String)),
  { maxLength: 120 },
);

test("never holds more than its capacity, loses nothing uncounted, keeps what was used last", () => {
  fc.assert(
    fc.property(operations, fc.integer({ min: 2, max: 10 }), (steps, capacity) => {
      const map = new BoundedMap<number>(capacity);
      let [inserted, deleted] = [0, 0];
      for (const [i, [operation, key]] of steps.entries()) {
        const known = [...map.entries()].some(([name]) => name === key);
        if (operation === "get") expect(map.get(key) !== undefined).toBe(known);
        if (operation === "set") {
          map.set(key, i);
          if (!known) inserted += 1;
          expect(map.get(key)).toBe(i);
        }
        if (operation === "delete") {
          map.delete(key);
          if (known) deleted += 1;
        }
        expect(map.size).toBeLessThanOrEqual(capacity);
        expect(map.size).toBe(inserted - deleted - map.evictions);
      }
    }),
  );
});

test("a hit saves an entry from being forgotten", () => {
  const map = new BoundedMap<number>(4);
  map.set("kept", 0);
  for (let i = 0; i < 50; i++) {
    map.set(`other${i}`, i);
    expect(map.get("kept")).toBe(0);
  }
  expect(map.evictions).toBeGreaterThan(40);
});

test("a snapshot restores entries, generations and the count", () => {
  fc.assert(
    fc.property(operations, operations, (before, after) => {
      const run = (map: BoundedMap<number>, steps: typeof before): void => {
        for (const [i, [operation, key]] of steps.entries()) {
          if (operation === "set") map.set(key, i);
          else if (operation === "get") map.get(key);
          else map.delete(key);
        }
      };
      const whole = new BoundedMap<number>(5);
      run(whole, before);
      const restored = new BoundedMap<number>(5);
      restored.restore(JSON.parse(JSON.stringify(whole.snapshot())));
      for (const map of [whole, restored]) run(map, after);
      expect(restored.snapshot()).toEqual(whole.snapshot());
    }),
  );
});
