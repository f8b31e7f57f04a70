import fc from "fast-check";
import { expect, test } from "vitest";
import { Names } from "../../src/signals/names.ts";

const cell = fc.oneof(fc.constantFrom("", "a", "b", "same"), fc.string({ maxLength: 4 }), fc.nat(300).map(String));
const columns = fc.array(fc.array(fc.tuple(fc.nat(20).map(String), cell), { maxLength: 40 }), { maxLength: 12 });

test("a column's ids are those of its texts, whatever was guessed, and through sweeps", () => {
  fc.assert(
    fc.property(columns, fc.nat(11), (batches, cut) => {
      const names = new Names();
      for (const [i, rows] of batches.entries()) {
        const [subjects, cells] = [rows.map(([subject]) => subject), rows.map(([, text]) => text)];
        const [subjectIds, ids] = [new Int32Array(rows.length), new Int32Array(rows.length)];
        names.idsOf(subjects, subjectIds, "Subject");
        names.idsOf(cells, ids, "IP", subjectIds);
        expect(Array.from(ids, (id) => names.text(id))).toEqual(cells);
        expect(Array.from(ids)).toEqual(cells.map((text) => names.id(text)));
        expect(Array.from(subjectIds)).toEqual(subjects.map((text) => names.id(text)));
        // Nobody holds a name: all are given up, and their ids given to others.
        if (i === cut) names.sweep([]);
      }
    }),
  );
});

test("many names of several columns keep apart", () => {
  const names = new Names();
  const ids = new Map<number, string>();
  for (const column of ["Subject", "IP", "Resource"]) {
    const cells = Array.from({ length: 5000 }, (_, i) => `${column}${i}`);
    const found = new Int32Array(cells.length);
    names.idsOf(cells, found, column);
    cells.forEach((text, i) => {
      ids.set(found[i] as number, text);
    });
  }
  expect(ids.size).toBe(15_000);
  for (const [id, text] of ids) expect([names.text(id), names.id(text)]).toEqual([text, id]);
});
