/** The span of time that a path promises for its records. Milliseconds since 1970, the end exclusive. */
export interface Bucket {
  /** Absent: records may be as old as they like. */
  readonly start?: number;
  readonly end: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `y=2026/m=11/d=23/h=07/m=05`: data-export rules (5 minutes, once an hour) and diagnostic settings. */
const SHORT = /(?:^|\/)y=(\d{4})\/m=(\d\d)\/d=(\d\d)(?:\/h=(\d\d)(?:\/m=(\d\d))?)?\//;
/** `year=2026/month=11/day=23/hour=07`: export jobs. */
const LONG = /(?:^|\/)year=(\d{4})\/month=(\d\d?)\/day=(\d\d?)(?:\/hour=(\d\d?))?\//;
/** `timestamp=2026-11-23T07`: export jobs. */
const STAMP = /(?:^|\/)timestamp=(\d{4})-(\d\d)-(\d\d)T(\d\d)\//;

/** How long the times of one blob may be, by its name: `PT05M_1.json`, `PT1H.json`. */
function lengthOf(path: string, hour: string | undefined): number {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (/^PT05M/i.test(name)) return 5 * MINUTE;
  return hour === undefined ? DAY : HOUR;
}

/**
 * The span that a folder layout states, so that what lies outside of a window need not be read. Undefined for a path
 * without one. Data-export rules and export jobs cut by TimeGenerated; diagnostic settings, whose folder says no
 * container `am-…`, cut by the time of arrival: what arrived until then was generated before.
 */
export function bucketOf(path: string): Bucket | undefined {
  const short = SHORT.exec(path);
  const match = short ?? LONG.exec(path) ?? STAMP.exec(path);
  if (!match) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = match.slice(1).map((part) => Number(part ?? 0));
  const start = Date.UTC(year, month - 1, day, hour, minute);
  if (Number.isNaN(start)) return undefined;
  const end = start + lengthOf(path, match[4]);
  const byArrival = short !== null && !/(?:^|\/)(am-[^/]+|WorkspaceResourceId=)/i.test(path);
  return byArrival ? { end } : { start, end };
}
