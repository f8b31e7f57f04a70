import { lift } from "../diagnostics/lift.ts";
import { emptyRow, isObject, type Json, type JsonObject, member, type Shape, text } from "../shape.ts";

const TYPE = /^microsoft\.securityinsights\/incidents$/i;

const NAMES: Readonly<Record<string, string>> = {
  createdtimeutc: "CreatedTime",
  lastmodifiedtimeutc: "LastModifiedTime",
  firstactivitytimeutc: "FirstActivityTime",
  lastactivitytimeutc: "LastActivityTime",
  providername: "ProviderName",
};

/** `{"properties":{…}}`, or the same flattened to `properties.x.y` keys by a data-frame tool. */
function properties(record: JsonObject): JsonObject {
  const nested = member(record, "properties");
  if (isObject(nested)) return nested;
  const members: Record<string, Json> = Object.create(null) as Record<string, Json>;
  for (const [key, value] of Object.entries(record)) {
    const [root, name, part] = key.split(".");
    if (root !== "properties" || name === undefined) continue;
    const known = members[name];
    if (part === undefined) members[name] = value;
    else members[name] = { ...(isObject(known) ? known : {}), [part]: value };
  }
  return members;
}

/** Incidents of Sentinel's REST API. */
export default {
  precedence: 20,
  sniff: ({ format, records }) =>
    format === "json" && records.some((record) => TYPE.test(text(member(record, "type")))),
  map(record) {
    if (!TYPE.test(text(member(record, "type")))) return { skip: "Resources that are no incidents are skipped." };
    const row = emptyRow();
    const own = properties(record);
    row.IncidentName = text(member(record, "name"));
    row.TimeGenerated = member(own, "lastModifiedTimeUtc") ?? member(own, "createdTimeUtc");
    const lost = lift(row, "SecurityIncident", own, NAMES);
    row.Type = "SecurityIncident";
    return [{ table: "SecurityIncident", row, lost }];
  },
} satisfies Shape;
