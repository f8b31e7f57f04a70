import { UsageError } from "../core/errors.ts";
import type { Fixture } from "./schema.ts";

/** The run's clock of a fixture that names none. */
export const FIXTURE_AS_OF = "2026-06-30T12:00:00Z";

const UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const SPAN = /^([+-]?)(\d+)([smhd])$/;

type Row = Record<string, unknown>;

/**
 * The rows of a fixture, written out. A row may carry `$repeat` (copies; `{n}` in its texts counts them from 1),
 * `$at` (TimeGenerated of the first copy, relative to the clock: `-2h`; default `-1h`) and `$every` (the span by which
 * each further copy lies earlier; default `1m`). A text `@-3d` is a time relative to the clock.
 */
export function fixtureRows(fixture: Fixture): Map<string, Row[]> {
  const asOf = Date.parse(fixture.asOf ?? FIXTURE_AS_OF);
  const tables = Object.entries(fixture.tables);
  return new Map(tables.map(([table, rows]) => [table, rows.flatMap((row) => copies(row, asOf))]));
}

function copies(row: Row, asOf: number): Row[] {
  const { $repeat = 1, $at = "-1h", $every = "1m", ...columns } = row;
  const first = asOf + span($at);
  return Array.from({ length: Number($repeat) }, (_, index) => ({
    TimeGenerated: new Date(first - index * span($every)).toISOString(),
    ...(written(columns, index + 1, asOf) as Row),
  }));
}

function written(value: unknown, n: number, asOf: number): unknown {
  if (typeof value === "string") {
    return value.startsWith("@") && SPAN.test(value.slice(1))
      ? new Date(asOf + span(value.slice(1))).toISOString()
      : value.replaceAll("{n}", String(n));
  }
  if (Array.isArray(value)) return value.map((item) => written(item, n, asOf));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, written(item, n, asOf)]));
}

/** Milliseconds of `-2h`, `+30m`, `7d`. */
function span(value: unknown): number {
  const match = SPAN.exec(String(value));
  if (!match) throw new UsageError(`${String(value)} is not a span such as -2h or 7d.`);
  const [, sign, amount, unit = ""] = match;
  return (sign === "-" ? -1 : 1) * Number(amount) * (UNITS[unit] ?? 0);
}
