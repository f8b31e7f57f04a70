import type { Assessment } from "../core/assessment.ts";
import { jsonLine } from "../core/text/json.ts";
import { redactAssessment } from "../evidence/redact.ts";

/** One record per line, everything that the assessment holds: `type` is run, pillar, criterion, anomaly, input, step or outlook. */
export function render(result: Assessment): string {
  const { pillars, anomalies, inputs, history: _, timeTravel, ...run } = redactAssessment(result);
  const records: object[] = [{ type: "run", ...run }];
  for (const { criteria, ...pillar } of pillars) {
    records.push({ type: "pillar", ...pillar });
    for (const criterion of criteria) records.push({ type: "criterion", pillar: pillar.pillar, ...criterion });
  }
  for (const anomaly of anomalies) records.push({ type: "anomaly", ...anomaly });
  for (const input of inputs) records.push({ type: "input", ...input });
  for (const step of timeTravel?.steps ?? []) records.push({ type: "step", ...step });
  for (const outlook of timeTravel?.outlooks ?? []) records.push({ type: "outlook", ...outlook });
  return records.map((record) => `${jsonLine(record)}\n`).join("");
}
