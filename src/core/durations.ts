import { TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE, TICKS_PER_SECOND } from "./ticks.ts";

const SHORT = /^(\d{1,6})\s*([smhd])$/i;
const ISO = /^P(?:(\d{1,4})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,8})(?:\.\d+)?S)?)?$/i;
const CLOCK = /^(?:(\d{1,5})\.)?(\d{1,2}):(\d{2})(?::(\d{2}))?$/;

const UNITS: Readonly<Record<string, bigint>> = {
  s: TICKS_PER_SECOND,
  m: TICKS_PER_MINUTE,
  h: TICKS_PER_HOUR,
  d: TICKS_PER_DAY,
};

const sum = (parts: readonly (readonly [string | undefined, bigint])[]): bigint =>
  parts.reduce((total, [count, unit]) => total + BigInt(count ?? 0) * unit, 0n);

/** Ticks of `5m`, `P1DT2H` or `1.02:00:00`; undefined when the text is no span. */
export function parseSpan(text: string): bigint | undefined {
  const trimmed = text.trim();
  const short = SHORT.exec(trimmed);
  if (short) return BigInt(short[1] ?? 0) * (UNITS[(short[2] ?? "").toLowerCase()] ?? 0n);
  const clock = CLOCK.exec(trimmed);
  if (clock) {
    const [, days, hours, minutes, seconds] = clock;
    return sum([
      [days, TICKS_PER_DAY],
      [hours, TICKS_PER_HOUR],
      [minutes, TICKS_PER_MINUTE],
      [seconds, TICKS_PER_SECOND],
    ]);
  }
  const iso = ISO.exec(trimmed);
  if (!iso || !/\d/.test(trimmed)) return undefined;
  const [, weeks, days, hours, minutes, seconds] = iso;
  return sum([
    [weeks, 7n * TICKS_PER_DAY],
    [days, TICKS_PER_DAY],
    [hours, TICKS_PER_HOUR],
    [minutes, TICKS_PER_MINUTE],
    [seconds, TICKS_PER_SECOND],
  ]);
}
