/** Ticks of 100 ns since 0001-01-01T00:00:00Z: the engine's form of every datetime and timespan. */
export const TICKS_PER_MILLISECOND = 10_000n;
export const TICKS_PER_SECOND = 10_000_000n;
export const TICKS_PER_MINUTE = 600_000_000n;
export const TICKS_PER_HOUR = 36_000_000_000n;
export const TICKS_PER_DAY = 864_000_000_000n;
/** Ticks at 1970-01-01T00:00:00Z. */
export const UNIX_EPOCH_TICKS = 621_355_968_000_000_000n;
/** 9999-12-31T23:59:59.9999999Z. */
export const MAX_DATETIME_TICKS = 3_155_378_975_999_999_999n;

export const earlier = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export const later = (a: bigint, b: bigint): bigint => (a < b ? b : a);

export const ticksOfDate = (date: Date): bigint => BigInt(date.getTime()) * TICKS_PER_MILLISECOND + UNIX_EPOCH_TICKS;

/** Milliseconds since the Unix epoch; sub-millisecond digits are dropped. */
export const millisecondsOfTicks = (ticks: bigint): number =>
  Number((ticks - UNIX_EPOCH_TICKS) / TICKS_PER_MILLISECOND);

const pad = (value: bigint | number, width: number): string => value.toString().padStart(width, "0");

/** `2024-01-02T03:04:05.1234567Z`. */
export function formatDatetime(ticks: bigint): string {
  const fraction = ticks % TICKS_PER_SECOND;
  const date = new Date(millisecondsOfTicks(ticks - fraction));
  const day = `${pad(date.getUTCFullYear(), 4)}-${pad(date.getUTCMonth() + 1, 2)}-${pad(date.getUTCDate(), 2)}`;
  const time = `${pad(date.getUTCHours(), 2)}:${pad(date.getUTCMinutes(), 2)}:${pad(date.getUTCSeconds(), 2)}`;
  return `${day}T${time}.${pad(fraction, 7)}Z`;
}

/** Kusto's text of a timespan: `1.02:03:04.5000000`, `00:00:01`, `-00:30:00`. */
export function formatTimespan(ticks: bigint): string {
  const size = ticks < 0n ? -ticks : ticks;
  const days = size / TICKS_PER_DAY;
  const fraction = size % TICKS_PER_SECOND;
  const clock = [(size / TICKS_PER_HOUR) % 24n, (size / TICKS_PER_MINUTE) % 60n, (size / TICKS_PER_SECOND) % 60n].map(
    (part) => pad(part, 2),
  );
  return `${ticks < 0n ? "-" : ""}${days > 0n ? `${days}.` : ""}${clock.join(":")}${fraction > 0n ? `.${pad(fraction, 7)}` : ""}`;
}

const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?(?:Z|([+-]\d\d):?(\d\d))?$/;

/** Ticks of an ISO 8601 text (no zone means UTC), or undefined when it is not one. Digits beyond 100 ns are dropped. */
export function parseIsoDatetime(text: string): bigint | undefined {
  const match = ISO.exec(text.trim());
  if (!match) return undefined;
  const [, year, month, day, hour = "0", minute = "0", second = "0", digits = "", zoneHour, zoneMinute] = match;
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  if (date.getUTCMonth() !== Number(month) - 1 || date.getUTCDate() !== Number(day)) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  date.setUTCHours(Number(hour), Number(minute), Number(second));
  const zone = zoneHour ? Number(zoneHour) * 60 + Math.sign(Number(`${zoneHour}1`)) * Number(zoneMinute) : 0;
  return ticksOfDate(date) + BigInt(digits.padEnd(7, "0").slice(0, 7)) - BigInt(zone) * TICKS_PER_MINUTE;
}
