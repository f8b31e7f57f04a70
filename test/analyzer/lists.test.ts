import fc from "fast-check";
import { expect, test } from "vitest";
import { IdSlots } from "../../src/analyzer/id-map.ts";
import { LIST } from "../../src/analyzer/lists.ts";
import { RecentTargets } from "../../src/analyzer/recent-targets.ts";
import { Names } from "../../src/signals/names.ts";

const steps = fc.array(
  fc.tuple(fc.constantFrom("push", "remove", "clear", "forget"), fc.nat(3), fc.integer({ min: 1, max: 9 })),
  { maxLength: 200 },
);

test("lists in the records of slots do what arrays do, side by side", () => {
  fc.assert(
    fc.property(steps, (all) => {
      const slots = new IdSlots(new Names(), 100, 2 * LIST);
      const [lists, others] = [slots.lists(0), slots.lists(LIST)];
      const arrays: number[][] = [[], [], [], []];
      const slotOf = (id: number): number => {
        const found = slots.find(id);
        return found < 0 ? slots.add(id) : found;
      };
      for (const [step, id, value] of all) {
        const array = arrays[id] as number[];
        const slot = slotOf(id + 1);
        if (step === "push") {
          lists.push(slot, value);
          others.push(slot, -value);
          array.push(value);
        } else if (step === "remove") {
          const [at, count] = [
            Math.min(value, array.length),
            Math.min(2, array.length - Math.min(value, array.length)),
          ];
          lists.remove(slot, at, count);
          others.remove(slot, at, count);
          array.splice(at, count);
        } else {
          if (step === "forget") slots.delete(id + 1);
          else for (const one of [lists, others]) one.clear(slot);
          array.length = 0;
        }
        expect(arrays.map((_, i) => lists.of(slotOf(i + 1)))).toEqual(arrays);
        expect(others.of(slotOf(id + 1))).toEqual(array.map((number) => -number));
        expect(lists.indexOf(slotOf(id + 1), value)).toBe(array.indexOf(value));
      }
    }),
  );
});

test("a list of the latest numbers keeps as many as it may", () => {
  const slots = new IdSlots(new Names(), 10, LIST);
  const lists = slots.lists(0);
  const slot = slots.add(1);
  for (let i = 0; i < 150; i++) {
    lists.append(slot, i, 64);
    expect(lists.of(slot)).toEqual(Array.from({ length: Math.min(64, i + 1) }, (_, k) => Math.max(0, i - 63) + k));
  }
  const live = new Uint8Array(200);
  lists.mark(live);
  expect(live.reduce((sum, bit) => sum + bit, 0)).toBe(64);
});

test("targets count once within their span, however many there are", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(90), fc.nat(3)), { maxLength: 400 }), (all) => {
      const slots = new IdSlots(new Names(), 10, LIST);
      const targets = new RecentTargets(slots, 0);
      const slot = slots.add(1);
      const known = new Map<number, number>();
      let moment = 0;
      for (const [target, pause] of all) {
        moment += pause;
        if (pause === 3) {
          targets.forget(slot, moment - 11);
          for (const [one, counted] of known) if (counted < moment - 11) known.delete(one);
        }
        const counted = known.get(target);
        const isFresh = counted === undefined || moment - counted >= 12;
        expect(targets.count(slot, target, moment, 12, true)).toBe(isFresh);
        if (isFresh) known.set(target, moment);
        expect(targets.of(slot)).toEqual([...known]);
      }
    }),
  );
});
