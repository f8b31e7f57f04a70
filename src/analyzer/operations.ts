import type { SignalBatch } from "../signals/batch.ts";
import type { Names } from "../signals/names.ts";
import { idsOf } from "./columns.ts";
import { ANNOUNCEMENT_BIT, codeBits, FAILURE_BIT } from "./outcome.ts";

const [MATCH, OTHER] = [1, 2];

/** 1 for the rows that carry out an operation of some kind, by its name, and 0 for others, refusals and announcements. */
export function countOperations(
  names: Names,
  matches: (name: string) => boolean,
): (batch: SignalBatch) => (row: number) => number {
  const kinds = names.property((name) => (matches(name.toLowerCase()) ? MATCH : OTHER));
  const bits = codeBits(names);
  return (batch) => {
    const [operation, code] = [idsOf(batch, "Operation"), idsOf(batch, "ResultCode")];
    return (row) =>
      kinds.of(operation[row] as number) === MATCH &&
      (bits.of(code[row] as number) & (FAILURE_BIT | ANNOUNCEMENT_BIT)) === 0
        ? 1
        : 0;
  };
}
