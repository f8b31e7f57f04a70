import { InvalidArgumentError } from "commander";
import { parseIsoDatetime, TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE } from "../../core/ticks.ts";

const UNITS: Readonly<Record<string, bigint>> = {
  m: TICKS_PER_MINUTE,
  h: TICKS_PER_HOUR,
  d: TICKS_PER_DAY,
  w: 7n * TICKS_PER_DAY,
};

/** `30d`, `12h`, `90m`, `2w` → ticks. */
export function parseDuration(text: string): bigint {
  const match = /^(\d{1,6})([mhdw])$/.exec(text.trim());
  const unit = UNITS[match?.[2] ?? ""];
  if (!match || !unit || match[1] === "0")
    throw new InvalidArgumentError("Write a duration such as 90m, 12h, 30d or 4w.");
  return BigInt(match[1] ?? "0") * unit;
}

/** An ISO 8601 time (no zone means UTC) → ticks. */
export function parseTime(text: string): bigint {
  const ticks = parseIsoDatetime(text);
  if (ticks === undefined) throw new InvalidArgumentError("Write a time such as 2026-01-31 or 2026-01-31T12:00:00Z.");
  return ticks;
}

/** A scope is pasted into the queries of the workbook, so it holds nothing that could end a string there. */
const SCOPE = /^[\p{L}\p{N} ._:/@()+-]{1,100}$/u;

/** What was assessed, as it is named in published rows. */
export function parseScope(text: string): string {
  if (!SCOPE.test(text))
    throw new InvalidArgumentError("Write up to 100 letters, digits, blanks and . _ : / @ ( ) + -");
  return text;
}

/** The last part of a resource id or an address: its name. */
export const scopeOf = (source: string): string => {
  const [name = "default"] = source.split("/").filter(Boolean).slice(-1);
  return SCOPE.test(name) ? name : "default";
};

export function parseCount(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError("Write a whole number.");
  return Number(text);
}

/** Collects a repeatable option. */
export const collect = (value: string, previous: readonly string[] | undefined): string[] => [
  ...(previous ?? []),
  value,
];
