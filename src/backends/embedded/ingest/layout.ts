/** The span of time that a path promises for its records. Milliseconds since 1970, the end exclusive. */
export interface Bucket {
  readonly start: number;
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
 * The span that a folder layout states, where its folders are cut by TimeGenerated: then what lies outside of a window
 * need not be read. Undefined for every other path: diagnostic settings cut by the time of writing, and their folder
 * says no container `am-…`.
 */
export function bucketOf(path: string): Bucket | undefined {
  const isExportRule = /(?:^|\/)(am-[^/]+|WorkspaceResourceId=)/i.test(path);
  const match = (isExportRule ? SHORT.exec(path) : undefined) ?? LONG.exec(path) ?? STAMP.exec(path);
  if (!match) return undefined;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0] = match.slice(1).map((part) => Number(part ?? 0));
  const start = Date.UTC(year, month - 1, day, hour, minute);
  return Number.isNaN(start) ? undefined : { start, end: start + lengthOf(path, match[4]) };
}
