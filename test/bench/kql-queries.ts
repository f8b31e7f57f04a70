/** A security question in KQL, and what one would write for it in DuckDB's SQL over the same stored table. */
export interface Pair {
  readonly name: string;
  readonly kql: string;
  readonly sql: string;
}

const HOUR = 36_000_000_000n;
const DAY = 24n * HOUR;
const NOW = 638_738_784_000_000_000n;

export const QUERIES: readonly Pair[] = [
  {
    name: "filter, count",
    kql: "Event | where EventID == 4625 | count",
    sql: "SELECT count(*) FROM event WHERE EventID = 4625",
  },
  {
    name: "last days by hour and event",
    kql: "Event | where TimeGenerated > ago(10d) | summarize count() by bin(TimeGenerated, 1h), EventID",
    sql: `SELECT TimeGenerated - TimeGenerated % ${HOUR}, EventID, count(*) FROM event WHERE TimeGenerated > ${NOW - 10n * DAY} GROUP BY ALL`,
  },
  {
    name: "by day",
    kql: "Event | summarize count(), sum(Bytes) by startofday(TimeGenerated)",
    sql: `SELECT TimeGenerated - TimeGenerated % ${DAY}, count(*), sum(Bytes) FROM event GROUP BY ALL`,
  },
  {
    name: "has, top",
    kql: 'Event | where CommandLine has "powershell" | summarize n = count() by Account | top 10 by n',
    sql: "SELECT Account, count(*) n FROM event WHERE regexp_matches(CommandLine, '(?i)(^|[^0-9a-z])powershell([^0-9a-z]|$)') GROUP BY 1 ORDER BY n DESC LIMIT 10",
  },
  {
    name: "contains",
    kql: 'Event | where CommandLine contains "encodedcommand" | count',
    sql: "SELECT count(*) FROM event WHERE CommandLine ILIKE '%encodedcommand%'",
  },
  {
    name: "has_any",
    kql: 'Event | where CommandLine has_any ("whoami", "mimikatz", "rundll32") | summarize count() by Computer',
    sql: "SELECT Computer, count(*) FROM event WHERE regexp_matches(CommandLine, '(?i)(^|[^0-9a-z])(whoami|mimikatz|rundll32)([^0-9a-z]|$)') GROUP BY 1",
  },
  {
    name: "startswith, endswith",
    kql: 'Event | where IpAddress startswith "10.2." and Computer endswith "7.contoso.com" | count',
    sql: "SELECT count(*) FROM event WHERE IpAddress ILIKE '10.2.%' AND Computer ILIKE '%7.contoso.com'",
  },
  {
    name: "matches regex",
    kql: 'Event | where CommandLine matches regex @"-Enc\\w*\\s+[A-Za-z0-9+/=]{10,}" | count',
    sql: "SELECT count(*) FROM event WHERE regexp_matches(CommandLine, '-Enc\\w*\\s+[A-Za-z0-9+/=]{10,}')",
  },
  {
    name: "in, by several columns",
    kql: "Event | where EventID in (4624, 4625, 4648) | summarize count() by Computer, EventID",
    sql: "SELECT Computer, EventID, count(*) FROM event WHERE EventID IN (4624, 4625, 4648) GROUP BY ALL",
  },
  {
    name: "failure rates",
    kql: "Event | summarize fails = countif(EventID == 4625), total = count() by Account | extend rate = 1.0 * fails / total | where rate > 0.1",
    sql: "SELECT *, fails / total AS rate FROM (SELECT Account, count(*) FILTER (WHERE EventID = 4625) fails, count(*) total FROM event GROUP BY 1) WHERE fails / total > 0.1",
  },
  {
    name: "dcount",
    kql: "Event | summarize dcount(IpAddress) by Account",
    sql: "SELECT Account, count(DISTINCT IpAddress) FROM event GROUP BY 1",
  },
  {
    name: "make_set",
    kql: "Event | summarize make_set(IpAddress) by Account",
    sql: "SELECT Account, list(DISTINCT IpAddress) FROM event GROUP BY 1",
  },
  {
    name: "make_set with a size",
    kql: "Event | summarize make_set(Computer, 100), make_set(EventID) by Account",
    sql: "SELECT Account, list(DISTINCT Computer)[:100], list(DISTINCT EventID) FROM event GROUP BY 1",
  },
  {
    name: "make_list",
    kql: "Event | where EventID == 4688 | summarize make_list(CommandLine, 50) by Computer",
    sql: "SELECT Computer, list(CommandLine)[:50] FROM event WHERE EventID = 4688 GROUP BY 1",
  },
  {
    name: "arg_max of the row",
    kql: "Event | summarize arg_max(TimeGenerated, *) by Account",
    sql: "SELECT Account, unnest(r) FROM (SELECT Account, arg_max(event, TimeGenerated) r FROM event GROUP BY 1)",
  },
  {
    name: "path into JSON as a number",
    kql: "Event | where toint(Details.status.errorCode) == 50126 | summarize count() by Account",
    sql: "SELECT Account, count(*) FROM event WHERE TRY_CAST(Details->>'$.status.errorCode' AS INTEGER) = 50126 GROUP BY 1",
  },
  {
    name: "path into JSON as text",
    kql: "Event | summarize count() by Reason = tostring(Details.status.reason)",
    sql: "SELECT Details->>'$.status.reason', count(*) FROM event GROUP BY 1",
  },
  {
    name: "arithmetic of longs",
    kql: "Event | extend Rate = Bytes * 8 / (DurationMs + 1) | where Rate + DurationMs > 1000 | summarize sum(Rate), max(Bytes - DurationMs)",
    sql: "SELECT sum(Rate), max(d) FROM (SELECT Bytes * 8 // (DurationMs + 1) AS Rate, DurationMs, Bytes - DurationMs d FROM event) WHERE Rate + DurationMs > 1000",
  },
  {
    name: "bands of a score",
    kql: 'Event | extend Band = case(Risk > 0.9, "high", Risk > 0.5, "medium", "low") | summarize count(), avg(Risk), stdev(Risk) by Band',
    sql: "SELECT CASE WHEN Risk > 0.9 THEN 'high' WHEN Risk > 0.5 THEN 'medium' ELSE 'low' END, count(*), avg(Risk), stddev_samp(Risk) FROM event GROUP BY 1",
  },
  {
    name: "percentiles",
    kql: "Event | summarize percentiles(DurationMs, 50, 95, 99) by EventID",
    sql: "SELECT EventID, quantile_disc(DurationMs, [0.5, 0.95, 0.99]) FROM event GROUP BY 1",
  },
  {
    name: "newest rows",
    kql: "Event | top 100 by TimeGenerated desc",
    sql: "SELECT * FROM event ORDER BY TimeGenerated DESC LIMIT 100",
  },
  {
    name: "distinct",
    kql: "Event | distinct Account, EventID | count",
    sql: "SELECT count(*) FROM (SELECT DISTINCT Account, EventID FROM event)",
  },
  {
    name: "extract, tolower",
    kql: 'Event | extend User = tolower(extract(@"\\\\(\\w+)$", 1, Account)) | summarize count() by User',
    sql: "SELECT lower(regexp_extract(Account, '\\\\(\\w+)$', 1)), count(*) FROM event GROUP BY 1",
  },
  {
    name: "split, strcat",
    kql: 'Event | summarize count() by Key = strcat(tostring(split(Computer, ".")[0]), "/", EventID)',
    sql: "SELECT split_part(Computer, '.', 1) || '/' || EventID, count(*) FROM event GROUP BY 1",
  },
  {
    name: "join of failures and successes",
    kql: "Event | where EventID == 4625 | summarize fails = count() by Account, IpAddress | join kind=inner (Event | where EventID == 4624 | summarize earliest = min(TimeGenerated) by Account, IpAddress) on Account, IpAddress | where fails > 1 | count",
    sql: "SELECT count(*) FROM (SELECT Account, IpAddress, count(*) fails FROM event WHERE EventID = 4625 GROUP BY ALL) JOIN (SELECT Account, IpAddress, min(TimeGenerated) AS start FROM event WHERE EventID = 4624 GROUP BY ALL) USING (Account, IpAddress) WHERE fails > 1",
  },
  {
    name: "not seen before",
    kql: `Event | where TimeGenerated > ago(10d) | join kind=leftanti (Event | where TimeGenerated <= ago(10d)) on Account, IpAddress | count`,
    sql: `SELECT count(*) FROM event a WHERE TimeGenerated > ${NOW - 10n * DAY} AND NOT EXISTS (FROM event b WHERE TimeGenerated <= ${NOW - 10n * DAY} AND a.Account = b.Account AND a.IpAddress = b.IpAddress)`,
  },
  {
    name: "time between events",
    kql: "Event | where EventID == 4624 | sort by Account asc, TimeGenerated asc | extend gap = iff(prev(Account) == Account, TimeGenerated - prev(TimeGenerated), timespan(null)) | summarize min(gap), max(gap) by EventID",
    sql: "SELECT EventID, min(gap), max(gap) FROM (SELECT EventID, CASE WHEN lag(Account) OVER w = Account THEN TimeGenerated - lag(TimeGenerated) OVER w END gap FROM event WHERE EventID = 4624 WINDOW w AS (ORDER BY Account, TimeGenerated)) GROUP BY 1",
  },
  {
    name: "mv-expand",
    kql: "Event | mv-expand tag = Details.tags to typeof(string) | summarize count() by tag",
    sql: "SELECT tag, count(*) FROM (SELECT unnest(from_json(Details->'$.tags', '[\"VARCHAR\"]')) AS tag FROM event) GROUP BY 1",
  },
  {
    name: "by hour of the day",
    kql: "Event | where LogonType in (3, 10) | summarize count() by hourofday(TimeGenerated), dayofweek(TimeGenerated)",
    sql: `SELECT TimeGenerated % ${DAY} // ${HOUR}, (TimeGenerated // ${DAY} + 1) % 7, count(*) FROM event WHERE LogonType IN (3, 10) GROUP BY ALL`,
  },
  {
    name: "not equal with nulls",
    kql: 'Event | where LogonType != 3 and isnotempty(CommandLine) and Account !~ "contoso\\\\user1" | count',
    sql: "SELECT count(*) FROM event WHERE LogonType IS DISTINCT FROM 3 AND CommandLine <> '' AND lower(Account) <> 'contoso\\user1'",
  },
];
