import type { Detection } from "../../core/alert.ts";
import type { Value } from "../../core/kusto.ts";
import { csvRecord } from "../../core/text/csv.ts";
import { redact } from "../../evidence/redact.ts";
import { entityText } from "./wording.ts";

const COLUMNS = [
  "windowStart",
  "windowEnd",
  "severity",
  "title",
  "ruleName",
  "ruleId",
  "tactics",
  "techniques",
  "entities",
  "rowCount",
  "repeats",
  "partialLookback",
  "incident",
  "description",
  "rows",
] as const;

/** A record per alert. Entities, tactics and techniques are lists after semicolons; rows are JSON. */
export function* render({ alerts }: Detection): Generator<string> {
  yield csvRecord([...COLUMNS]);
  for (const alert of alerts) {
    const values: Record<(typeof COLUMNS)[number], unknown> = {
      ...alert,
      tactics: alert.tactics.join("; "),
      techniques: alert.techniques.join("; "),
      entities: alert.entities.map(entityText).join("; "),
    };
    yield csvRecord(COLUMNS.map((column) => redact(values[column]) as Value));
  }
}
