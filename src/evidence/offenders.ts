import type { Value } from "../core/kusto.ts";
import { jsonLine } from "../core/text/json.ts";

export type Offender = Readonly<Record<string, Value>>;

/** The column that the query packs count an offender's events in. */
const COUNT_COLUMN = "Failed";

/** Who an offender row is about, and how much: its first text, and `Failed` or else its first number. */
export function offenderLabel(offender: Offender): { readonly subject: string; readonly size: number | null } {
  const entries = Object.entries(offender);
  const counted = entries.find(([name, value]) => name === COUNT_COLUMN && typeof value === "number");
  const [, size = null] = counted ?? entries.find(([, value]) => typeof value === "number") ?? [];
  const [, subject] = entries.find(([, value]) => typeof value === "string" && value !== "") ?? [];
  return {
    subject: typeof subject === "string" ? subject : jsonLine(offender),
    size: typeof size === "number" ? size : null,
  };
}
