import type { Timespan } from "../core/kusto.ts";
import {
  parseIsoDatetime,
  TICKS_PER_DAY,
  TICKS_PER_HOUR,
  TICKS_PER_MINUTE,
  TICKS_PER_SECOND,
  ticksOfDate,
} from "../core/ticks.ts";
import { badRequest } from "./failure.ts";

const DURATION = /^P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})(?:\.(\d{1,7}))?S)?)?$/;

/** ISO 8601 duration → ticks. Months and years have no fixed length and are refused. */
function durationTicks(text: string): bigint | undefined {
  const match = DURATION.exec(text);
  if (!match || text === "P" || text.endsWith("T")) return undefined;
  const [weeks, days, hours, minutes, seconds] = match.slice(1, 6).map((part) => BigInt(part ?? 0));
  const fraction = BigInt((match[6] ?? "").padEnd(7, "0"));
  return (
    ((weeks ?? 0n) * 7n + (days ?? 0n)) * TICKS_PER_DAY +
    (hours ?? 0n) * TICKS_PER_HOUR +
    (minutes ?? 0n) * TICKS_PER_MINUTE +
    (seconds ?? 0n) * TICKS_PER_SECOND +
    fraction
  );
}

/**
 * The API's `timespan`: `P1D` before now, `start/end`, `start/P1D` or `P1D/end`; both ends belong to it. Throws a 400
 * for another text.
 * Source: https://learn.microsoft.com/azure/azure-monitor/logs/api/request-format
 */
export function parseTimespan(text: string, now: bigint | undefined): Timespan {
  const clock = now ?? ticksOfDate(new Date());
  const [left = "", right, ...rest] = text.split("/");
  const parse = (part: string) => ({ time: parseIsoDatetime(part), length: durationTicks(part) });
  const [first, second] = [parse(left), right === undefined ? { time: clock, length: undefined } : parse(right)];
  const end =
    second.time ?? (first.time !== undefined && second.length !== undefined ? first.time + second.length : undefined);
  const start = first.time ?? (end !== undefined && first.length !== undefined ? end - first.length : undefined);
  if (rest.length > 0 || start === undefined || end === undefined || start > end)
    throw badRequest(
      `The timespan ${JSON.stringify(text)} is not an ISO 8601 duration or interval, such as P1D or 2026-01-01/2026-01-31.`,
    );
  return { start, end: end + 1n };
}
