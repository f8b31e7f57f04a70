import type { Direction, Stage } from "../core/maturity.ts";

const TITLES: Readonly<Record<Stage, string>> = {
  traditional: "Traditional",
  initial: "Initial",
  intermediate: "Intermediate",
  optimal: "Optimal",
  not_assessable: "not assessable",
};

export const stageTitle = (stage: Stage): string => TITLES[stage];

/**
 * A proportion as percent with as few decimals (1 to 6) as tell it apart from 0, 1 and the values in `apart`: rounding
 * must not show a missed threshold as reached.
 */
export function percent(value: number, ...apart: readonly number[]): string {
  const others = [0, 1, ...apart].filter((other) => other !== value);
  for (let digits = 1; digits < 6; digits++) {
    const text = (value * 100).toFixed(digits);
    if (others.every((other) => (other * 100).toFixed(digits) !== text)) return `${text} %`;
  }
  return `${(value * 100).toFixed(6)} %`;
}

export const bound = (direction: Direction, threshold: number): string =>
  `${direction === "atLeast" ? "≥" : "≤"} ${percent(threshold)}`;
