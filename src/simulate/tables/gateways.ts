import { type Dice, inShare } from "../dice.ts";
import { type EventSource, iso, type Row } from "../types.ts";
import type { World } from "../world.ts";

const APIS =
  "orders customers invoices catalog shipping loyalty prices stock returns payments refunds ratings stores suppliers contracts tariffs meters addresses coupons messages".split(
    " ",
  );
const OPERATIONS = ["list", "get", "create", "update", "search"];
const DLP_TRACE = [{ source: "dlp", data: "no sensitive pattern" }];
const SITES = ["shop", "www", "partners", "careers"];

export interface ApiCaller {
  readonly ip: string;
  readonly userId: string;
  readonly subscriptionId: string;
}

export function apiRow(
  world: World,
  dice: Dice,
  time: number,
  caller: ApiCaller,
  code: number,
  operation?: string,
): Row {
  const api = dice.zipf(APIS);
  const isEncrypted = dice.chance(world.knobs.applications.encrypted);
  const isClientLeg = isEncrypted || dice.chance(0.5);
  const name = operation ?? `${dice.zipf(OPERATIONS)}-${api}`;
  const gateway = dice.pick(world.ofType("microsoft.apimanagement/service"));
  const elapsed = Math.round(dice.skewed(40, 0.6));
  return {
    TenantId: world.workspaceId,
    TimeGenerated: iso(time),
    OperationName: "Microsoft.ApiManagement/GatewayLogs",
    Category: "GatewayLogs",
    CorrelationId: dice.uuid(),
    Region: "West Europe",
    IsRequestSuccess: code < 400,
    TotalTime: elapsed,
    CallerIpAddress: caller.ip,
    Method: name.startsWith("create") ? "POST" : "GET",
    Url: `${isClientLeg ? "https" : "http"}://api.contoso.com/${api}/${dice.int(1, 9999)}`,
    ClientProtocol: "HTTP/1.1",
    ClientTlsVersion: isClientLeg ? dice.pick(["1.2", "1.3"]) : "",
    ResponseCode: code,
    BackendMethod: "GET",
    BackendUrl: `${isEncrypted || !isClientLeg ? "https" : "http"}://${api}.internal.contoso.com/`,
    BackendResponseCode: code < 400 ? code : null,
    RequestSize: dice.int(200, 900),
    ResponseSize: Math.round(dice.skewed(4000, 0.8)),
    Cache: "none",
    BackendTime: Math.round(elapsed * 0.7),
    ApiId: api,
    OperationId: name,
    ProductId: caller.subscriptionId === "" ? "" : "partner",
    UserId: caller.userId,
    ApimSubscriptionId: caller.subscriptionId,
    LastErrorReason:
      code === 401
        ? "TokenSignatureInvalid"
        : code === 429
          ? "RateLimitExceeded"
          : code === 404
            ? "OperationNotFound"
            : "",
    LastErrorSource: code === 401 ? "validate-jwt" : code === 429 ? "rate-limit-by-key" : "",
    LastErrorSection: code >= 400 ? "inbound" : "",
    TraceRecords: code < 400 && inShare(APIS.indexOf(api), world.knobs.applications.inspected) ? DLP_TRACE : [],
    RequestHeaders: caller.userId === "" ? {} : { Authorization: "redacted", "User-Agent": "contoso-client/2.4" },
    _ResourceId: gateway.id,
    Type: "ApiManagementGatewayLogs",
  };
}

function webRow(world: World, dice: Dice, time: number): Row {
  const { applications } = world.knobs;
  const isEncrypted = dice.chance(applications.encrypted);
  const isPrevented = dice.chance(applications.prevention);
  const mode = isPrevented ? "Prevention" : dice.chance(applications.firewall) ? "Detection" : "";
  const host = `${dice.zipf(SITES)}.contoso.com`;
  return {
    TenantId: world.workspaceId,
    TimeGenerated: iso(time),
    OperationName: "ApplicationGatewayAccess",
    ListenerName: "https",
    InstanceId: "appgw_0",
    ClientIp: `192.0.2.${dice.int(1, 254)}`,
    ClientPort: dice.int(1024, 65_535),
    HttpMethod: dice.chance(0.9) ? "GET" : "POST",
    RequestUri: `/${dice.pick(["", "products", "cart", "search"])}`,
    UserAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
    HttpStatus: dice.chance(0.98) ? 200 : 404,
    HttpVersion: "HTTP/2.0",
    ReceivedBytes: dice.int(300, 2000),
    SentBytes: Math.round(dice.skewed(9000, 0.9)),
    TimeTaken: dice.skewed(0.03, 0.7),
    WafMode: mode,
    WafPolicyId:
      mode === ""
        ? ""
        : `/subscriptions/${world.subscriptionId}/resourcegroups/rg-platform/providers/microsoft.network/applicationgatewaywebapplicationfirewallpolicies/waf-contoso`,
    TransactionId: dice.uuid().replaceAll("-", ""),
    SslEnabled: "on",
    SslProtocol: isEncrypted ? dice.pick(["TLSv1.2", "TLSv1.3"]) : "TLSv1.1",
    SslClientVerify: "NONE",
    ServerRouted: "10.1.0.4:443",
    ServerStatus: 200,
    BackendSslProtocol: "TLSv1.2",
    Host: host,
    OriginalHost: host,
    _ResourceId: dice.pick(world.ofType("microsoft.network/applicationgateways")).id,
    Type: "AGWAccessLogs",
  };
}

const isReachable = (world: World, type: string): boolean => world.ofType(type).length > 0;

const sources: readonly EventSource[] = [
  {
    table: "ApiManagementGatewayLogs",
    daily: (world) => (isReachable(world, "microsoft.apimanagement/service") ? world.users.length * 20 : 0),
    rhythm: "office",
    rows: (world, dice, time) => {
      const user = dice.pick(world.users);
      const isAnonymous = dice.chance(world.knobs.applications.anonymous);
      const caller = { ip: user.ip, userId: isAnonymous ? "" : user.id, subscriptionId: isAnonymous ? "" : "sub-web" };
      const code = dice.chance(0.985) ? 200 : dice.pick([401, 404, 429, 500]);
      return [apiRow(world, dice, time, caller, code)];
    },
  },
  {
    table: "AGWAccessLogs",
    daily: (world) => (isReachable(world, "microsoft.network/applicationgateways") ? world.users.length * 15 : 0),
    rhythm: "office",
    rows: (world, dice, time) => [webRow(world, dice, time)],
  },
];
export default sources;
