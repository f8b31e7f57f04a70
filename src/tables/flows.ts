import { emptyRow, isObject, type Json, type JsonObject, type MappedRow, member, type Row, text } from "./shape.ts";

const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);
const count = (value: string | undefined): number => Number(value ?? 0) || 0;

/** Addresses of RFC 1918, RFC 6598, link-local, loopback and unique-local ranges: the sides that lie in a network of the tenant. */
export function isPrivate(ip: string): boolean {
  if (ip.includes(":")) return /^(f[cd]|fe[89ab]|::1$)/i.test(ip);
  const [a = 0, b = 0] = ip.split(".").map(Number);
  return (
    a === 10 ||
    a === 127 ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 169 && b === 254) ||
    (a === 100 && b >= 64 && b < 128)
  );
}

/** How traffic analytics writes the public side of a flow: address, then counters of its flows. */
const publicIp = (ip: string): string => `${ip}|1|0|0|0|0|0`;

/** The hour of the blob that a record lies in. */
function interval(time: string): { start: string; end: string } {
  const hour = `${time.slice(0, 13)}:00:00Z`;
  const start = new Date(hour);
  return Number.isNaN(start.getTime())
    ? { start: "", end: "" }
    : { start: hour, end: new Date(start.getTime() + 3_600_000).toISOString() };
}

const iso = (milliseconds: number): string => {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? "" : date.toISOString();
};

/** One counter per flow: only its begin, or a record without states, starts a flow. */
function flowCounters(direction: string, denied: boolean, begins: boolean): Readonly<Record<string, number>> {
  const one = begins ? 1 : 0;
  const inbound = direction === "I";
  return {
    AllowedInFlows: inbound && !denied ? one : 0,
    DeniedInFlows: inbound && denied ? one : 0,
    AllowedOutFlows: !inbound && !denied ? one : 0,
    DeniedOutFlows: !inbound && denied ? one : 0,
  };
}

function nsgRow(tuple: string, rule: string, mac: string, record: JsonObject, version: number): Row | undefined {
  const [epoch, src = "", dest = "", , destPort, protocol = "", direction = "", decision = "", state, ...sizes] =
    tuple.split(",");
  if (src === "" || decision === "") return undefined;
  const time = iso(Number(epoch) * 1000);
  const { start, end } = interval(text(member(record, "time")));
  const nsg = text(member(record, "resourceId"));
  const remote = isPrivate(src) ? (isPrivate(dest) ? undefined : dest) : src;
  const segments = nsg.toLowerCase().split("/");
  const counters = flowCounters(direction, decision === "D", state === undefined || state === "B");
  const [outPackets, outBytes, inPackets, inBytes] = sizes.map(count);
  return Object.assign(emptyRow(), {
    ...{
      TimeGenerated: time,
      FlowStartTime_t: time,
      FlowEndTime_t: time,
      FlowIntervalStartTime_t: start,
      FlowIntervalEndTime_t: end,
    },
    ...{ SubType_s: "FlowLog", FASchemaVersion_s: String(version), Type: "AzureNetworkAnalytics_CL" },
    SrcIP_s: remote === undefined ? src : "",
    DestIP_s: remote === undefined ? dest : "",
    ...(remote !== undefined && { VMIP_s: remote === src ? dest : src, PublicIPs_s: publicIp(remote) }),
    ...{ DestPort_d: Number(destPort), L4Protocol_s: protocol, FlowDirection_s: direction, FlowStatus_s: decision },
    NSGRule_s: rule,
    NSGRules_s: `0|${rule}|${direction}|${decision}|1`,
    NSGList_s: [segments[2], segments[4], segments[8]].join("/"),
    ...{ MACAddress_s: mac, _ResourceId: nsg.toLowerCase() },
    ...Object.fromEntries(Object.entries(counters).map(([name, value]) => [`${name}_d`, value])),
    ...(sizes.length === 4 &&
      state !== "B" && {
        OutboundPackets_d: outPackets,
        OutboundBytes_d: outBytes,
        InboundPackets_d: inPackets,
        InboundBytes_d: inBytes,
      }),
  });
}

/** The rows of a record; that some of its tuples have none is said. */
function readable(rows: readonly (Row | undefined)[], table: string): MappedRow[] {
  const good = rows.filter((row) => row !== undefined);
  const note = "Flow tuples with missing parts are left out.";
  return good.map((row) => ({ table, row, ...(good.length < rows.length && { note }) }));
}

/** Tuples of a record that a forwarder has flattened to `flow.0`, `flow.1`…: the rule and the rest stand beside them. */
const flatTuples = (record: JsonObject): string[] =>
  Object.entries(record).flatMap(([key, value]) => (/^flow\.\d+$/.test(key) ? [text(value)] : []));

/** A record of an NSG flow log, version 1 or 2: one row of AzureNetworkAnalytics_CL per tuple. */
export function nsgRows(record: JsonObject): MappedRow[] {
  const properties = member(record, "properties");
  const version = Number(member(properties, "Version") ?? member(record, "Version") ?? 1);
  const mac = text(member(record, "mac") ?? member(record, "macAddress"));
  const flat = flatTuples(record).map((tuple) => nsgRow(tuple, text(member(record, "rule")), mac, record, version));
  const nested = list(member(properties, "flows")).flatMap((group) =>
    list(member(group, "flows")).flatMap((flow) =>
      list(member(flow, "flowTuples")).map((tuple) =>
        nsgRow(text(tuple), text(member(group, "rule")), text(member(flow, "mac")), record, version),
      ),
    ),
  );
  return readable([...flat, ...nested], "AzureNetworkAnalytics_CL");
}

const PROTOCOLS: Readonly<Record<string, string>> = { "6": "T", "17": "U" };

function vnetRow(tuple: string, rule: string, acl: string, record: JsonObject): Row | undefined {
  const [
    epoch,
    src = "",
    dest = "",
    srcPort = "",
    destPort,
    protocol = "",
    direction = "",
    state = "",
    encryption = "",
    ...sizes
  ] = tuple.split(",");
  if (src === "" || state === "") return undefined;
  const time = iso(Number(epoch));
  const { start, end } = interval(text(member(record, "time")));
  const denied = state === "D";
  const [sent = 0, sentBytes = 0, received = 0, receivedBytes = 0] = sizes.map(count);
  return Object.assign(emptyRow(), {
    ...{
      TimeGenerated: time,
      FlowStartTime: time,
      FlowEndTime: time,
      FlowIntervalStartTime: start,
      FlowIntervalEndTime: end,
    },
    ...{ SubType: "FlowLog", FaSchemaVersion: text(member(record, "flowLogVersion")), Type: "NTANetAnalytics" },
    SrcIp: isPrivate(src) ? src : "",
    DestIp: isPrivate(dest) ? dest : "",
    SrcPublicIps: isPrivate(src) ? "" : publicIp(src),
    DestPublicIps: isPrivate(dest) ? "" : publicIp(dest),
    ...{ SrcPorts: srcPort, DestPort: Number(destPort), L4Protocol: PROTOCOLS[protocol] ?? protocol },
    ...{ FlowDirection: direction, FlowStatus: denied ? "D" : "A", FlowEncryption: encryption },
    ...{ AclRule: rule, AclGroup: acl, MacAddress: text(member(record, "macAddress")) },
    TargetResourceId: text(member(record, "targetResourceID")),
    FlowLogResourceId: text(member(record, "flowLogResourceID")),
    ...flowCounters(direction, denied, denied || state === "B"),
    CompletedFlows: state === "E" ? 1 : 0,
    ...{ PacketsSrcToDest: sent, BytesSrcToDest: sentBytes, PacketsDestToSrc: received, BytesDestToSrc: receivedBytes },
  });
}

/** A record of a virtual network flow log, version 4: one row of NTANetAnalytics per tuple. */
export function vnetRows(record: JsonObject): MappedRow[] {
  const [rule, acl] = [text(member(record, "rule")), text(member(record, "aclID"))];
  const flat = flatTuples(record).map((tuple) => vnetRow(tuple, rule, acl, record));
  const nested = list(member(member(record, "flowRecords"), "flows")).flatMap((flow) =>
    list(member(flow, "flowGroups")).flatMap((group) =>
      list(member(group, "flowTuples")).map((tuple) =>
        vnetRow(text(tuple), text(member(group, "rule")), text(member(flow, "aclID")), record),
      ),
    ),
  );
  return readable([...flat, ...nested], "NTANetAnalytics");
}

/** Forwarders drop the category, but not the operation. */
export const isFlowRecord = (record: unknown, category: string): boolean =>
  isObject(record) &&
  text(member(record, "category") ?? member(record, "operationName"))
    .toLowerCase()
    .startsWith(category.toLowerCase());
