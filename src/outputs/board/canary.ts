import type { CanaryReport } from "../../core/assessment.ts";

const minutes = (value: number | null): string =>
  value === null ? "missed" : value < 1 ? "at once" : `after ${Math.round(value)} min`;

/** The self-test in a few lines of plain text: recall, alarms on real events, and what was missed. No value of a log. */
export function canaryBlock({ injected, recall, alarms, echoes }: CanaryReport): string {
  if (recall === null) return "Self-test: no pillar had events, so nothing could be tested.\n";
  const found = injected.filter((one) => one.found).length;
  const lines = injected.map(
    ({ pillar, detector, found: isFound, minutes: after }) =>
      `  ${isFound ? "found " : "MISSED"}  ${`${pillar}/${detector}`.padEnd(38)} ${minutes(after)}`,
  );
  return [
    `Self-test: ${found} of ${injected.length} synthetic attacks found (${Math.round(100 * recall)} %), in a shadow of the events.`,
    ...lines,
    `Anomalies on your own events: ${alarms}, an upper bound of the false alarms; ${echoes} more were echoes of the test.`,
    "",
  ].join("\n");
}
