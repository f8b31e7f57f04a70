import type { CriterionResult, PillarResult } from "../../core/assessment.ts";
import { visibleText } from "../../core/text/visible.ts";
import { failuresBySubject, leverOf } from "../view/leverage.ts";

/**
 * Subject, keys of the criteria that name it, failed events in all of them, and the share of the way to the next stage of
 * one pillar that fixing this subject alone would go, with the pillar's key (-1 where it moves none).
 */
export type RankedOffender = readonly [
  subject: string,
  criteria: readonly number[],
  failed: number,
  move: number,
  pillar: number,
];

interface Entry {
  readonly criteria: number[];
  failed: number;
  readonly moves: Map<number, number>;
}

const newEntry = (): Entry => ({ criteria: [], failed: 0, moves: new Map() });

/**
 * Offenders by how much each moves a stage. A pillar's way to its next stage is split evenly among the criteria that
 * block it; within one, a subject goes as far as its failed events cover those that must be fixed.
 */
export function rankOffenders(
  pillars: readonly PillarResult[],
  keyOf: (criterion: CriterionResult) => number,
): RankedOffender[] {
  const bySubject = new Map<string, Entry>();
  for (const [place, pillar] of pillars.entries()) {
    const lever = leverOf(pillar);
    for (const criterion of pillar.criteria) {
      const needed = lever?.needed.get(criterion);
      for (const [subject, failed] of failuresBySubject(criterion)) {
        const entry = bySubject.get(subject) ?? newEntry();
        bySubject.set(subject, entry);
        entry.criteria.push(keyOf(criterion));
        entry.failed += failed;
        if (lever && needed) {
          const move = Math.min(failed, needed) / needed / lever.blocking;
          entry.moves.set(place, (entry.moves.get(place) ?? 0) + move);
        }
      }
    }
  }
  return [...bySubject].map(ranked).sort(byMove);
}

function ranked([subject, { criteria, failed, moves }]: readonly [string, Entry]): RankedOffender {
  let [pillar, move] = [-1, 0];
  for (const [place, share] of moves) if (share > move) [pillar, move] = [place, share];
  return [visibleText(subject), criteria, failed, Number(move.toPrecision(4)), pillar];
}

const byMove = (a: RankedOffender, b: RankedOffender): number =>
  b[3] - a[3] || b[1].length - a[1].length || b[2] - a[2] || (a[0] < b[0] ? -1 : 1);
