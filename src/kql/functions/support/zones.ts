import { MAX_DATETIME_TICKS, TICKS_PER_MILLISECOND, UNIX_EPOCH_TICKS } from "../../../core/ticks.ts";

/** Zones change their offset on whole quarters of an hour. */
const QUARTER = 9_000_000_000n;
const MAX_CACHED = 200_000;

interface Zone {
  readonly format: Intl.DateTimeFormat;
  readonly offsets: Map<bigint, bigint>;
}
const zones = new Map<string, Zone | null>();

function zoneOf(name: string): Zone | null {
  const known = zones.get(name);
  if (known !== undefined) return known;
  if (zones.size > 1000) zones.clear();
  const zone = openZone(name);
  zones.set(name, zone);
  return zone;
}

function openZone(name: string): Zone | null {
  const fields = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
  const clock = {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    era: "short",
  } as const;
  try {
    return {
      format: new Intl.DateTimeFormat("en-US", {
        timeZone: name,
        ...fields,
        ...clock,
      }),
      offsets: new Map(),
    };
  } catch {
    return null;
  }
}

/** Ticks to add to a UTC time. */
function offsetAt(zone: Zone, ticks: bigint): bigint {
  const quarter = ticks / QUARTER;
  const known = zone.offsets.get(quarter);
  if (known !== undefined) return known;
  const instant = Number((quarter * QUARTER - UNIX_EPOCH_TICKS) / TICKS_PER_MILLISECOND);
  const part = Object.fromEntries(zone.format.formatToParts(instant).map(({ type, value }) => [type, value]));
  const local = new Date(0);
  const year = part.era === "BC" ? 1 - Number(part.year) : Number(part.year);
  local.setUTCFullYear(year, Number(part.month) - 1, Number(part.day));
  local.setUTCHours(Number(part.hour), Number(part.minute), Number(part.second));
  const offset = BigInt(local.getTime() - instant) * TICKS_PER_MILLISECOND;
  if (zone.offsets.size >= MAX_CACHED) zone.offsets.clear();
  zone.offsets.set(quarter, offset);
  return offset;
}

const inRange = (ticks: bigint): bigint | null => (ticks < 0n || ticks > MAX_DATETIME_TICKS ? null : ticks);

/** Null for a zone that does not exist. */
export function utcToLocal(ticks: bigint, name: string): bigint | null {
  const zone = zoneOf(name);
  return zone && inRange(ticks + offsetAt(zone, ticks));
}

/** A time that the clocks skip counts with the offset after the change; one that they repeat is standard time. */
export function localToUtc(ticks: bigint, name: string): bigint | null {
  const zone = zoneOf(name);
  if (!zone) return null;
  const around = [ticks - 864_000_000_000n, ticks + 864_000_000_000n].map((near) =>
    offsetAt(zone, near < 0n ? 0n : near),
  );
  const [low, high] = around.toSorted((a, b) => Number(a - b)) as [bigint, bigint];
  const fits = (offset: bigint): boolean => ticks >= offset && offsetAt(zone, ticks - offset) === offset;
  return inRange(ticks - (fits(low) ? low : high));
}

export const timeZones = (): string[] => Intl.supportedValuesOf("timeZone");
