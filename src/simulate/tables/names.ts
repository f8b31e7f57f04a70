import type { Dice } from "../dice.ts";
import { type EventSource, iso, type Row } from "../types.ts";
import type { World } from "../world.ts";

const NAMES = [
  "login.microsoftonline.com",
  "management.azure.com",
  "graph.microsoft.com",
  "packages.microsoft.com",
  "api.contoso.com",
  "orders.internal.contoso.com",
  "sql-contoso-001.database.windows.net",
  "stcontoso001.blob.core.windows.net",
  "archive.ubuntu.com",
  "ocsp.digicert.com",
];

export function queryRow(world: World, dice: Dice, time: number, source: string, name: string, type: string): Row {
  return {
    TenantId: world.workspaceId,
    TimeGenerated: iso(time),
    SourceIp: source,
    SourcePort: dice.int(1024, 65_535),
    QueryId: dice.int(0, 65_535),
    QueryType: type,
    QueryClass: "IN",
    QueryName: `${name}.`,
    Protocol: "udp",
    RequestSize: 20 + name.length,
    DnssecOkBit: false,
    ResponseCode: "NOERROR",
    ResponseFlags: "qr,rd,ra",
    ResponseSize: 60 + 2 * name.length,
    RequestDurationSecs: dice.skewed(0.01, 0.5),
    Type: "AZFWDnsQuery",
  };
}

/** Most names are few and common; some are of content networks, long and used once. */
function nameOf(dice: Dice): string {
  if (dice.chance(0.97)) return dice.zipf(NAMES);
  return `d${dice.uuid().slice(0, 12)}.cloudfront.net`;
}

const sources: readonly EventSource[] = [
  {
    table: "AZFWDnsQuery",
    daily: ({ hosts }) => hosts.length * 40,
    rhythm: "office",
    rows: (world, dice, time) => [queryRow(world, dice, time, dice.pick(world.hosts).ip, nameOf(dice), "A")],
  },
];
export default sources;
