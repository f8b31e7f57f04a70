import type { Value } from "../../core/kusto.ts";

export type Offender = Readonly<Record<string, Value>>;

/** Who an offender row is about, and how much: its first text and its first number. */
export function offenderLabel(offender: Offender): { readonly subject: string; readonly size: number | null } {
  const values = Object.values(offender);
  const subject = values.find((value) => typeof value === "string" && value !== "");
  const size = values.find((value) => typeof value === "number");
  return {
    subject: typeof subject === "string" ? subject : JSON.stringify(offender),
    size: typeof size === "number" ? size : null,
  };
}
