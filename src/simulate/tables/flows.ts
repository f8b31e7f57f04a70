import { type Dice, inShare } from "../dice.ts";
import { HOUR, iso, type Row, type Source } from "../types.ts";
import type { Host, World } from "../world.ts";

const SERVICES = [
  { port: 443, name: "https", rule: "allow-https-from-app" },
  { port: 1433, name: "ms-sql-s", rule: "allow-sql-from-app" },
  { port: 8443, name: "https", rule: "allow-mesh" },
  { port: 5671, name: "amqps", rule: "allow-queue" },
] as const;

export interface Flow {
  readonly type: string;
  readonly direction: "Inbound" | "Outbound";
  readonly status: "Allowed" | "Denied";
  readonly source?: Host;
  readonly destination?: Host;
  readonly publicIp?: string;
  readonly port: number;
  readonly service: string;
  readonly rule: string;
  readonly bytes: number;
}

export function flowRow(world: World, dice: Dice, time: number, flow: Flow): Row {
  const { source, destination, direction } = flow;
  const own = (direction === "Outbound" ? source : destination) ?? source ?? destination;
  const isPublicSource = flow.publicIp !== undefined && direction === "Inbound";
  const count = flow.status === "Allowed" ? dice.int(1, 4) : 0;
  const publicIps = flow.publicIp === undefined ? "" : `${flow.publicIp}|${count}|0|0|0|0|0`;
  return {
    TenantId: world.workspaceId,
    // Traffic Analytics aggregates first: a record arrives up to an hour after its flow began.
    TimeGenerated: iso(time + 20 * 60_000),
    SubType: "FlowLog",
    FaSchemaVersion: "3",
    FlowStartTime: iso(time),
    FlowEndTime: iso(time + dice.int(1, 600) * 1000),
    FlowType: flow.type,
    FlowDirection: direction,
    FlowStatus: flow.status,
    SrcIp: source?.ip ?? "",
    DestIp: destination?.ip ?? "",
    SrcPublicIps: isPublicSource ? publicIps : "",
    DestPublicIps: isPublicSource ? "" : publicIps,
    DestPort: flow.port,
    IsFlowCapturedAtUdrHop:
      flow.publicIp !== undefined && direction === "Outbound" && dice.chance(world.knobs.network.inspected),
    L4Protocol: "T",
    L7Protocol: flow.service,
    NsgRule: flow.rule,
    NsgRuleType: flow.rule.startsWith("DefaultRule_") ? "Default" : "User Defined",
    MacAddress: own?.mac ?? "",
    SrcVm: source?.vm ?? "",
    DestVm: destination?.vm ?? "",
    SrcSubnet: source?.subnet.name ?? "",
    DestSubnet: destination?.subnet.name ?? "",
    FlowEncryption:
      flow.publicIp !== undefined
        ? "Unsupported hardware"
        : dice.chance(world.knobs.network.encrypted)
          ? "Encrypted"
          : "Unencrypted",
    AllowedInFlows: direction === "Inbound" ? count : 0,
    AllowedOutFlows: direction === "Outbound" ? count : 0,
    DeniedInFlows: flow.status === "Denied" ? 1 : 0,
    DeniedOutFlows: 0,
    PacketsSrcToDest: Math.ceil(flow.bytes / 900),
    PacketsDestToSrc: Math.ceil(flow.bytes / 400),
    BytesSrcToDest: flow.bytes,
    BytesDestToSrc: flow.bytes * 3,
    CompletedFlows: count,
    TargetResourceId: `${world.subscriptionId}/${own?.subnet.network ?? ""}`,
    Type: "NTANetAnalytics",
  };
}

const reachable = new WeakMap<Host, readonly Host[]>();

/** Hosts of the own subnet and of the next ones, as many as the network's density lets through. */
function neighbours({ hosts, subnets, knobs }: World, host: Host): readonly Host[] {
  let found = reachable.get(host);
  if (!found) {
    const reach = Math.max(1, Math.round((subnets.length - 1) * knobs.network.density));
    found = hosts.filter(({ subnet }) => (subnet.index - host.subnet.index + subnets.length) % subnets.length <= reach);
    reachable.set(host, found);
  }
  return found;
}

/** Both sides of a conversation between two hosts, as both their networks log it. */
function eastWest(world: World, dice: Dice, time: number): Row[] {
  const source = dice.pick(world.hosts);
  const destination = dice.pick(neighbours(world, source));
  const { port, name, rule } = dice.zipf(SERVICES);
  const isIntended = dice.chance(world.knobs.network.intended);
  const type = source.subnet.network === destination.subnet.network ? "IntraVNet" : "InterVNet";
  const flow = {
    type,
    source,
    destination,
    port,
    service: name,
    bytes: Math.round(dice.skewed(4000, 1.6)),
    status: "Allowed" as const,
  };
  const sides = [
    { ...flow, direction: "Outbound" as const, rule: "DefaultRule_AllowVnetOutBound" },
    { ...flow, direction: "Inbound" as const, rule: isIntended ? rule : "DefaultRule_AllowVnetInBound" },
  ];
  // A side is logged when its own subnet is.
  return sides
    .filter(({ direction }) => (direction === "Outbound" ? source : destination).subnet.isLogged)
    .map((side) => flowRow(world, dice, time, side));
}

function northSouth(world: World, dice: Dice, time: number): Row[] {
  const index = dice.int(0, world.hosts.length - 1);
  const host = world.hosts[index] as Host;
  if (!host.subnet.isLogged) return [];
  const isInbound = dice.chance(0.4);
  const publicIp = `192.0.2.${dice.int(1, 254)}`;
  const common = { publicIp, bytes: Math.round(dice.skewed(6000, 1.6)), status: "Allowed" as const };
  if (!isInbound) {
    const outbound = {
      type: "AzurePublic",
      direction: "Outbound" as const,
      source: host,
      port: 443,
      service: "https",
      rule: "allow-azure",
    };
    return [flowRow(world, dice, time, { ...common, ...outbound })];
  }
  const isExposed = inShare(index, world.knobs.network.exposed);
  const inbound = { type: "ExternalPublic", direction: "Inbound" as const, destination: host };
  if (isExposed)
    return [
      flowRow(world, dice, time, { ...common, ...inbound, port: 3389, service: "ms-wbt-server", rule: "allow-rdp" }),
    ];
  if (dice.chance(0.3)) {
    const isDenied = dice.chance(world.knobs.network.denied);
    const hit = {
      port: 443,
      service: "https",
      rule: isDenied ? "deny-threats" : "allow-https",
      status: isDenied ? ("Denied" as const) : ("Allowed" as const),
    };
    return [flowRow(world, dice, time, { ...common, ...inbound, ...hit, type: "MaliciousFlow" })];
  }
  const scan = {
    ...common,
    status: "Denied" as const,
    port: dice.pick([22, 23, 445, 3389]),
    service: "unknown",
    rule: "DefaultRule_DenyAllInBound",
  };
  return [flowRow(world, dice, time, { ...inbound, ...scan })];
}

const sources: readonly Source[] = [
  {
    table: "NTANetAnalytics",
    daily: ({ hosts }) => hosts.length * 60,
    rhythm: "office",
    rows: (world, dice, time) => (dice.chance(0.6) ? eastWest(world, dice, time) : northSouth(world, dice, time)),
  },
  {
    table: "NTATopologyDetails",
    everyHours: 24,
    *rows(world, dice, time) {
      const common = {
        TenantId: world.workspaceId,
        TimeGenerated: iso(time + dice.int(0, HOUR)),
        SubType: "Topology",
        Region: "westeurope",
        Type: "NTATopologyDetails",
      };
      for (const network of new Set(world.subnets.map((subnet) => subnet.network))) {
        yield { ...common, AzureResourceType: "VirtualNetwork", Name: network, IsFlowEnabled: false };
      }
      for (const { name, network, prefix, isLogged, isGuarded } of world.subnets) {
        const Nsg = isGuarded ? `${network}-${name.split("/").at(-1)}-nsg` : "";
        yield {
          ...common,
          AzureResourceType: "VirtualSubnetwork",
          Name: name,
          VirtualSubnetwork: name,
          Nsg,
          AddressPrefixes: `${prefix}.0/24`,
          IsFlowEnabled: isLogged,
        };
      }
    },
  },
];
export default sources;
