import { UsageError } from "../../core/errors.ts";
import { TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE } from "../../core/ticks.ts";

const UNITS = [
  ["d", TICKS_PER_DAY],
  ["h", TICKS_PER_HOUR],
  ["m", TICKS_PER_MINUTE],
] as const;

/** The largest unit that measures the span without a rest. Sentinel takes no span finer than minutes. */
function measured(ticks: bigint): readonly [count: bigint, unit: "d" | "h" | "m"] {
  const [unit, size] = UNITS.find(([, one]) => ticks % one === 0n) ?? [];
  if (unit === undefined || size === undefined || ticks <= 0n)
    throw new UsageError(`A span of ${ticks} ticks is no whole number of minutes.`);
  return [ticks / size, unit];
}

/** `1d`, `6h`, `5m`: as rules in YAML have it. */
export const shortSpan = (ticks: bigint): string => measured(ticks).join("");

/** `P1D`, `PT6H`, `PT5M`: as the REST API has it. */
export function isoSpan(ticks: bigint): string {
  const [count, unit] = measured(ticks);
  return unit === "d" ? `P${count}D` : `PT${count}${unit.toUpperCase()}`;
}
