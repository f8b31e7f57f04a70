import { activationOf, calledBy, isFinished, operationOf } from "../changes.ts";
import { type Change, type Dial, drop, edit, keep, type Rule, type Turn } from "../dial.ts";
import { DAY, HOUR, iso, type Row } from "../types.ts";
import type { World } from "../world.ts";

const isInside = ({ FlowType }: Row): boolean => FlowType === "IntraVNet" || FlowType === "InterVNet";
const isAllowed = ({ FlowStatus }: Row): boolean => FlowStatus === "Allowed";
const isInbound = ({ FlowDirection }: Row): boolean => FlowDirection === "Inbound";

/** The subnet that logged a flow. */
const loggedBy = (row: Row): string => String(isInbound(row) ? row.DestSubnet : row.SrcSubnet);

/** Both sides' records of a conversation in an hour. */
const conversation = ({ SrcIp, DestIp, DestPort, FlowStartTime }: Row): string =>
  [SrcIp, DestIp, DestPort, Math.floor(Date.parse(FlowStartTime as string) / HOUR)].join(" ");

const denied: Row = {
  FlowStatus: "Denied",
  AllowedInFlows: 0,
  DeniedInFlows: 1,
  NsgRule: "DefaultRule_DenyAllInBound",
};
const allowed: Row = { FlowStatus: "Allowed", AllowedInFlows: 1, DeniedInFlows: 0, NsgRule: "allow-https" };

const MANAGEMENT_PORTS = [22, 3389, 5985, 5986, 445, 1433, 3306, 5432, 6379, 9200, 27017];

const isExposure = (row: Row): boolean =>
  ["ExternalPublic", "MaliciousFlow"].includes(row.FlowType as string) &&
  isInbound(row) &&
  isAllowed(row) &&
  MANAGEMENT_PORTS.includes(row.DestPort as number);

const machineDay = (row: Row): string =>
  `${isInbound(row) ? row.DestVm : row.SrcVm} ${Math.floor(Date.parse(row.FlowStartTime as string) / DAY)}`;

/** A database port of the machine answers the Internet: no port that administrators sign in to. */
const exposed: Change = (row, { nth }) => {
  if (isExposure(row) || nth > 0) return [row];
  const machine = isInbound(row)
    ? { DestVm: row.DestVm, DestIp: row.DestIp, DestSubnet: row.DestSubnet }
    : { DestVm: row.SrcVm, DestIp: row.SrcIp, DestSubnet: row.SrcSubnet };
  const flow = { FlowType: "ExternalPublic", FlowDirection: "Inbound", DestPort: 5432, L7Protocol: "postgresql" };
  const source = { SrcIp: "", SrcVm: "", SrcSubnet: "", SrcPublicIps: "192.0.2.77|1|0|0|0|0|0", DestPublicIps: "" };
  return [row, { ...row, ...allowed, ...flow, ...source, ...machine, NsgRule: "allow-postgresql" }];
};

/** All ordered pairs of the tenant's subnets, spread out. */
function pairOf({ subnets }: World, index: number): readonly [string, string] {
  const count = subnets.length;
  const [source, step] = [index % count, 1 + (Math.floor(index / count) % (count - 1))];
  return [subnets[source]?.name ?? "", subnets[(source + step) % count]?.name ?? ""];
}

/** Conversations between subnets, dealt to as many pairs as the dial wants. */
const betweenPairs: Change = (row, { world, share, index }) => {
  const pairs = Math.round(share * world.subnets.length * (world.subnets.length - 1));
  if (pairs === 0) return [];
  const [SrcSubnet, DestSubnet] = pairOf(world, index % pairs);
  return [{ ...row, SrcSubnet, DestSubnet }];
};

/** A session of an administrator: through Bastion, or from the office over the VPN. */
function session(isControlled: boolean, turn: Turn & { readonly time: number }): readonly (readonly [string, Row])[] {
  const { world, index, time } = turn;
  const [host, admin] = [world.hosts[index % world.hosts.length], world.admins[index % world.admins.length]];
  const common = { TenantId: world.workspaceId, TimeGenerated: iso(time) };
  const bastion = {
    ...common,
    UserName: admin?.upn ?? "",
    ClientIpAddress: admin?.ip ?? "",
    TargetVMIPAddress: host?.ip ?? "",
    TargetResourceId: host?.resourceId ?? "",
    Protocol: "ssh",
    Type: "MicrosoftAzureBastionAuditLogs",
  };
  if (isControlled) return [["MicrosoftAzureBastionAuditLogs", bastion]];
  const flow = {
    ...common,
    SubType: "FlowLog",
    FaSchemaVersion: "3",
    FlowStartTime: iso(time),
    FlowEndTime: iso(time + 60_000),
    FlowType: "S2S",
    FlowDirection: "Inbound",
    FlowStatus: "Allowed",
    SrcIp: "10.200.0.9",
    DestIp: host?.ip ?? "",
    DestVm: host?.vm ?? "",
    DestSubnet: host?.subnet.name ?? "",
    DestPort: 22,
    L4Protocol: "T",
    L7Protocol: "ssh",
    NsgRule: "allow-ssh-from-office",
    NsgRuleType: "User Defined",
    CompletedFlows: 1,
    Type: "NTANetAnalytics",
  };
  return [["NTANetAnalytics", flow]];
}

const isSession = (row: Row): boolean =>
  ["ExternalPublic", "MaliciousFlow", "S2S", "P2S"].includes(row.FlowType as string) &&
  isInbound(row) &&
  isAllowed(row) &&
  [22, 3389].includes(row.DestPort as number);

const from = (network: string) =>
  edit(({ CallerIpAddress }, { index }) => {
    const port = String(CallerIpAddress).split(":")[1];
    return { CallerIpAddress: `${network}.${4 + (index % 240)}${port === undefined ? "" : `:${port}`}` };
  });

const NETWORK_WRITE =
  /^microsoft\.network\/(networksecuritygroups|routetables|azurefirewalls|firewallpolicies|virtualnetworks|applicationgateways|networkmanagers)(\/[a-z]+)*\/(write|delete)$/;

/** Somebody takes a part of the network away by hand, with an activated role. */
const removed: Change = (row, turn) => {
  const { admins } = turn.world;
  const byHand = { ...row, ...calledBy(admins[turn.index % admins.length]?.upn ?? "") };
  const OperationNameValue = operationOf(row)
    .replace(/write$/, "delete")
    .toUpperCase();
  return [...(isFinished(row) ? [activationOf(byHand, turn)] : []), { ...byHand, OperationNameValue }];
};

const flows = (of: (row: Row) => boolean, yes: Change, no: Change): Dial => ({
  rules: [{ table: "NTANetAnalytics", of, yes, no }],
});

export default {
  "NW-01": {
    knobs: { network: { logged: 1 } },
    rules: [
      { table: "NTANetAnalytics", of: (row) => loggedBy(row) !== "", by: loggedBy, yes: keep, no: drop },
      {
        table: "NTATopologyDetails",
        of: { AzureResourceType: "VirtualSubnetwork" },
        by: "Name",
        yes: { IsFlowEnabled: true },
        no: { IsFlowEnabled: false },
      },
    ],
  },
  "NW-02": {
    rules: [
      {
        table: "NTATopologyDetails",
        of: { AzureResourceType: "VirtualSubnetwork" },
        by: "Name",
        yes: edit(({ Name }) => ({ Nsg: `${Name}-nsg` })),
        no: { Nsg: "" },
      },
    ],
  },
  "NW-03": {
    rules: [
      {
        table: "NTANetAnalytics",
        of: (row) => isInside(row) && isAllowed(row),
        by: conversation,
        yes: { NsgRule: "allow-mesh", NsgRuleType: "User Defined" },
        no: { NsgRule: "DefaultRule_AllowVnetInBound", NsgRuleType: "Default" },
      },
    ],
  },
  "NW-04": {
    rules: [
      {
        table: "NTANetAnalytics",
        of: (row) => isInside(row) && row.SrcSubnet !== row.DestSubnet,
        by: conversation,
        yes: betweenPairs,
        no: betweenPairs,
      },
    ],
  },
  "NW-05": {
    rules: [
      {
        table: "NTANetAnalytics",
        of: (row) => (isInbound(row) ? row.DestVm : row.SrcVm) !== "",
        by: machineDay,
        yes: exposed,
        no: edit((row) => (isExposure(row) ? denied : {})),
      },
    ],
  },
  "NW-06": {
    cohort: { size: 200, rows: session },
    rules: [
      { table: "MicrosoftAzureBastionAuditLogs", of: {}, every: drop },
      { table: "NTANetAnalytics", of: isSession, every: denied },
    ],
  },
  "NW-07": flows(
    (row) => ["AzurePublic", "ExternalPublic"].includes(row.FlowType as string) && !isInbound(row) && isAllowed(row),
    { IsFlowCapturedAtUdrHop: true },
    { IsFlowCapturedAtUdrHop: false },
  ),
  "NW-08": flows((row) => row.FlowType === "MaliciousFlow", { ...denied, NsgRule: "deny-threats" }, allowed),
  "NW-09": {
    rules: ["StorageBlobLogs", "AZKVAuditLogs"].map(
      (table): Rule => ({ table, of: {}, yes: from("10.1.0"), no: from("203.0.113") }),
    ),
  },
  "NW-10": flows(
    (row) => isInside(row) && isAllowed(row),
    { FlowEncryption: "Encrypted" },
    { FlowEncryption: "Unencrypted" },
  ),
  "NW-11": {
    rules: [
      {
        table: "AZFWApplicationRule",
        of: { Action: "Allow", Protocol: "HTTPS" },
        yes: { IsTlsInspected: true },
        no: { IsTlsInspected: false },
      },
    ],
  },
  "NW-12": {
    rules: [
      {
        table: "SigninLogs",
        of: (row) => row.ResultType === "0" && (row.DeviceDetail as { isManaged?: boolean }).isManaged === true,
        yes: { IsThroughGlobalSecureAccess: true },
        no: { IsThroughGlobalSecureAccess: false },
      },
    ],
  },
  "NW-13": {
    rules: [
      {
        table: "AzureActivity",
        of: (row) => row.CategoryValue === "Administrative" && NETWORK_WRITE.test(operationOf(row)),
        by: "CorrelationId",
        yes: (row, { world, index }) => [
          { ...row, ...calledBy(world.pipelines[index % world.pipelines.length] ?? "") },
        ],
        no: removed,
      },
    ],
  },
} satisfies Readonly<Record<string, Dial>>;
