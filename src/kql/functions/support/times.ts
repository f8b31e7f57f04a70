import {
  MAX_DATETIME_TICKS,
  parseIsoDatetime,
  TICKS_PER_DAY,
  TICKS_PER_HOUR,
  TICKS_PER_MILLISECOND,
  TICKS_PER_MINUTE,
  TICKS_PER_SECOND,
  ticksOfDate,
} from "../../../core/ticks.ts";

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const ISO_FORM = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]+(.*))?$/i;
const US_FORM = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})(?:[T ]+(.*))?$/i;
const COMPACT_FORM = /^(\d{4})(\d\d)(\d\d)(?:T?(\d\d)(\d\d)(\d\d)?)?Z?$/i;
const DAY_MONTH_FORM = /^(?:[a-z]+,? +)?(\d{1,2})[- ]([a-z]{3,9})[-, ]+(\d{2,4})(?:[T ]+(.*))?$/i;
const MONTH_DAY_FORM = /^(?:[a-z]+,? +)?([a-z]{3,9})\.? +(\d{1,2}),? +(\d{4})(?:[T ]+(.*))?$/i;
const CLOCK =
  /^(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:[.,](\d{1,9}))?)?)? *(am|pm)? *(z|utc|gmt|[+-]\d\d:?\d\d|[+-]\d{1,2})?$/i;

/** Ticks of any text that Kusto takes for a datetime (no zone means UTC), or null. */
export function parseDatetime(input: string): bigint | null {
  const text = input.trim();
  const ticks = parseIsoDatetime(text) ?? parseOther(text);
  return ticks === undefined || ticks < 0n || ticks > MAX_DATETIME_TICKS ? null : ticks;
}

function parseOther(text: string): bigint | undefined {
  let match = ISO_FORM.exec(text);
  if (match) return compose(match[1], match[2], match[3], match[4]);
  match = US_FORM.exec(text);
  if (match) return compose(match[3], match[1], match[2], match[4]);
  match = COMPACT_FORM.exec(text);
  if (match) return compose(match[1], match[2], match[3], match[4] && `${match[4]}:${match[5]}:${match[6] ?? "00"}`);
  match = DAY_MONTH_FORM.exec(text);
  if (match) return compose(fullYear(match[3]), monthNumber(match[2]), match[1], match[4]);
  match = MONTH_DAY_FORM.exec(text);
  if (match) return compose(match[3], monthNumber(match[1]), match[2], match[4]);
  match = /^(\d{4})(?:-(\d\d))?$/.exec(text);
  return match ? compose(match[1], match[2] ?? "1", "1", undefined) : undefined;
}

const monthNumber = (name = ""): string => String(MONTHS.indexOf(name.slice(0, 3).toLowerCase()) + 1);
const fullYear = (year = ""): string => (year.length === 2 ? (Number(year) < 50 ? `20${year}` : `19${year}`) : year);

function compose(year = "", month = "", day = "", clock = ""): bigint | undefined {
  const midnight = dateTicks(Number(year), Number(month), Number(day));
  const time = clock.trim() === "" ? 0n : clockTicks(clock.trim());
  return midnight === undefined || time === undefined ? undefined : midnight + time;
}

/** Ticks of midnight, or undefined when the calendar has no such day in 0001..9999. */
export function dateTicks(year: number, month: number, day: number): bigint | undefined {
  if (year < 1 || year > 9999) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? ticksOfDate(date) : undefined;
}

function clockTicks(clock: string): bigint | undefined {
  const match = CLOCK.exec(clock);
  if (!match) return undefined;
  const [, hours = "0", minutes = "0", seconds = "0", digits = "", half, zone = ""] = match;
  let hour = Number(hours);
  if (half !== undefined && (hour < 1 || hour > 12)) return undefined;
  if (half !== undefined) hour = (hour % 12) + (half.toLowerCase() === "pm" ? 12 : 0);
  if (hour > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const fraction = BigInt(digits.padEnd(7, "0").slice(0, 7));
  return (
    BigInt(hour) * TICKS_PER_HOUR +
    BigInt(minutes) * TICKS_PER_MINUTE +
    BigInt(seconds) * TICKS_PER_SECOND +
    fraction -
    zoneTicks(zone)
  );
}

function zoneTicks(zone: string): bigint {
  if (!/^[+-]/.test(zone)) return 0n;
  const digits = zone.slice(1).replace(":", "");
  const minutes = digits.length <= 2 ? Number(digits) * 60 : Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2));
  return BigInt(zone.startsWith("-") ? -minutes : minutes) * TICKS_PER_MINUTE;
}

const UNITS: Readonly<Record<string, bigint>> = Object.assign(Object.create(null), {
  ...Object.fromEntries(["d", "day", "days"].map((name) => [name, TICKS_PER_DAY])),
  ...Object.fromEntries(["h", "hr", "hrs", "hour", "hours"].map((name) => [name, TICKS_PER_HOUR])),
  ...Object.fromEntries(["m", "min", "minute", "minutes"].map((name) => [name, TICKS_PER_MINUTE])),
  ...Object.fromEntries(["s", "sec", "second", "seconds"].map((name) => [name, TICKS_PER_SECOND])),
  ...Object.fromEntries(
    ["ms", "milli", "millis", "millisecond", "milliseconds"].map((n) => [n, TICKS_PER_MILLISECOND]),
  ),
  ...Object.fromEntries(["micro", "micros", "microsecond", "microseconds"].map((name) => [name, 10n])),
  ...Object.fromEntries(["tick", "ticks"].map((name) => [name, 1n])),
});
const CLOCK_SPAN = /^(-)?(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?$/;
/** The most digits of an amount: more leave every range. */
const MAX_AMOUNT = 20;
const UNIT_SPAN = /^(-?\d+(?:\.\d+)?) *([a-z]+)$/i;

/** Ticks of any text that Kusto takes for a timespan, or null. */
export function parseTimespan(input: string): bigint | null {
  const text = input.trim();
  const clock = CLOCK_SPAN.exec(text);
  if (clock) return clockSpan(clock);
  if (/^-?\d{1,8}$/.test(text)) return BigInt(text) * TICKS_PER_DAY;
  const [, amount = "", unit = ""] = UNIT_SPAN.exec(text) ?? [];
  const size = UNITS[unit.toLowerCase()];
  if (size === undefined || amount.length > MAX_AMOUNT) return null;
  const ticks = amount.includes(".") ? BigInt(Math.round(Number(amount) * Number(size))) : BigInt(amount) * size;
  return BigInt.asIntN(64, ticks) === ticks ? ticks : null;
}

function clockSpan(match: RegExpExecArray): bigint | null {
  const [, minus, days = "0", hours = "0", minutes = "0", seconds = "0", digits = ""] = match;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59 || days.length > 8) return null;
  const ticks =
    BigInt(days) * TICKS_PER_DAY +
    BigInt(hours) * TICKS_PER_HOUR +
    BigInt(minutes) * TICKS_PER_MINUTE +
    BigInt(seconds) * TICKS_PER_SECOND +
    BigInt(digits.padEnd(7, "0"));
  return minus ? -ticks : ticks;
}
