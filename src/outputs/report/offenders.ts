import type { CriterionResult } from "../../core/assessment.ts";
import { visibleText } from "../../core/text/visible.ts";
import { distinctSubjects } from "../view/offenders.ts";

/** Subject, keys of the criteria that name it, and its largest figure in any of them. */
export type RankedOffender = readonly [subject: string, criteria: readonly number[], size: number | null];

/** Offenders of all criteria, by the number of criteria that name them, then by figure, then by name. */
export function rankOffenders(criteria: readonly CriterionResult[]): RankedOffender[] {
  const bySubject = new Map<string, { criteria: number[]; size: number | null }>();
  for (const [key, { offenders }] of criteria.entries()) {
    for (const [subject, size] of distinctSubjects(offenders)) {
      const entry = bySubject.get(subject) ?? { criteria: [], size: null };
      entry.criteria.push(key);
      if (size !== null && (entry.size === null || size > entry.size)) entry.size = size;
      bySubject.set(subject, entry);
    }
  }
  return [...bySubject]
    .map(([subject, entry]): RankedOffender => [visibleText(subject), entry.criteria, entry.size])
    .sort((a, b) => b[1].length - a[1].length || (b[2] ?? -Infinity) - (a[2] ?? -Infinity) || (a[0] < b[0] ? -1 : 1));
}
