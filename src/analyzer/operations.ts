import type { SignalBatch } from "../signals/batch.ts";
import { textOf } from "./columns.ts";
import { isAnnouncement, outcomeOf } from "./outcome.ts";

const MAX_NAMES = 5000;

/** 1 for the rows that carry out an operation of some kind, by its name, and 0 for others, refusals and announcements. */
export function countOperations(matches: (name: string) => boolean): (batch: SignalBatch) => (row: number) => number {
  const verdicts = new Map<string, boolean>();
  const isMatch = (name: string): boolean => {
    let match = verdicts.get(name);
    if (match === undefined) {
      match = matches(name.toLowerCase());
      if (verdicts.size < MAX_NAMES) verdicts.set(name, match);
    }
    return match;
  };
  return (batch) => {
    const [operation, code] = [textOf(batch, "Operation"), textOf(batch, "ResultCode")];
    return (row) =>
      isMatch(operation(row)) && outcomeOf(code(row)) !== "failure" && !isAnnouncement(code(row)) ? 1 : 0;
  };
}
