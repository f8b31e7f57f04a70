import { DAY, HOUR, type Rhythm } from "./types.ts";

/** Relative activity by hour of the day, UTC, of an office that works from 8 to 18. */
const OFFICE = [1, 1, 1, 1, 1, 2, 6, 20, 60, 90, 100, 95, 70, 90, 100, 95, 80, 50, 20, 10, 6, 4, 2, 1];
const OFFICE_SUM = OFFICE.reduce((a, b) => a + b, 0);
const WEEKEND = 0.12;

/** Share of a working day's activity that falls into the hour that starts at `time` (ms). */
export function activity(rhythm: Rhythm, time: number): number {
  if (rhythm === "always") return 1 / 24;
  const hour = Math.floor((time % DAY) / HOUR);
  // 1970-01-01 was a Thursday.
  const weekday = (Math.floor(time / DAY) + 4) % 7;
  return ((OFFICE[hour] ?? 0) / OFFICE_SUM) * (weekday === 0 || weekday === 6 ? WEEKEND : 1);
}
