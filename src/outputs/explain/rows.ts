import type { Anomaly } from "../../core/assessment.ts";
import { FACETS } from "../../core/signal.ts";
import { kqlString } from "../../core/text/kql.ts";
import { formatDatetime, parseIsoDatetime, TICKS_PER_HOUR } from "../../core/ticks.ts";
import type { SignalPack } from "../../packs/types.ts";

const column = (name: string): string => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
const FAILED = FACETS.map((facet) => `iff(${column(facet)} == "failed", "${facet}", "")`).join(", ");
const SHOWN = ["Subject", "Operation", "Resource", "App", "IP", "Country", "ResultCode"];

/**
 * KQL for the access events behind an anomaly: those of its subject, or from that address, in the hours around it.
 * Undefined where the subject cannot be written as a literal.
 */
export function eventsQuery(pack: SignalPack, anomaly: Anomaly, hours: number): string | undefined {
  const subject = kqlString(anomaly.subject);
  const time = parseIsoDatetime(anomaly.time);
  if (subject === undefined || time === undefined) return undefined;
  const around = BigInt(hours) * TICKS_PER_HOUR;
  const shown = SHOWN.map((name) =>
    name === "Subject" || name === "Resource" ? name : `${name} = column_ifexists("${name}", "")`,
  );
  return `${pack.query.trimEnd()}
| where Subject =~ ${subject} or column_ifexists("IP", "") == ${subject}
| where TimeGenerated between (datetime(${formatDatetime(time - around)}) .. datetime(${formatDatetime(time + around)}))
| project TimeGenerated, ${shown.join(", ")}, Failed = trim(" ", strcat_delim(" ", ${FAILED}))
| sort by TimeGenerated asc`;
}
