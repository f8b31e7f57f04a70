import { activationOf, calledBy, enforced, isFinished, isRare, operationOf, withPolicies } from "../changes.ts";
import { type Change, type Dial, drop, edit, keep, type Rule } from "../dial.ts";
import type { Row } from "../types.ts";

const GATEWAYS = ["ApiManagementGatewayLogs", "AGWAccessLogs"] as const;
const HEADERS = { Authorization: "redacted", "User-Agent": "contoso-client/2.4" };
const DLP_TRACE = [{ source: "dlp", data: "no sensitive pattern" }];
const [INSPECTED, PLAIN] = [
  ["orders", "customers", "invoices"],
  ["catalog", "shipping", "loyalty"],
];

/** A request that a policy turned away. */
const rejected = (code: number, reason: string, source: string): Row => ({
  ResponseCode: code,
  IsRequestSuccess: false,
  BackendResponseCode: null,
  LastErrorReason: reason,
  LastErrorSource: source,
  LastErrorSection: "inbound",
  TraceRecords: [],
});

/** The first two requests of an API are turned away, for reasons of two kinds. */
const layered = edit((_, { nth }) => {
  if (nth === 0) return rejected(401, "TokenSignatureInvalid", "validate-jwt");
  return nth === 1 ? rejected(429, "RateLimitExceeded", "rate-limit-by-key") : {};
});

const callOf = (apis: readonly string[], columns: Row) =>
  edit((_, { index }) => ({ ApiId: apis[index % apis.length], ...columns }));

const isDelivery = (row: Row): boolean =>
  /^microsoft\.(web\/sites|apimanagement\/service)\/(.*(write|publish\/action)$|.*publishxml)/.test(operationOf(row));

/** One sign-in of ten slips past: too many for the application to count as covered. */
const leaky = edit((row, { nth }) => (nth % 10 === 0 ? { ConditionalAccessStatus: "notApplied" } : enforced(row)));

const uncontrolled = edit((row) => ({
  SessionLifetimePolicies: "[]",
  ...withPolicies(row, (policies) => policies.map((policy) => ({ ...policy, enforcedSessionControls: [] }))),
}));

const byPipeline: Change = (row, { world, index }) => [
  { ...row, ...calledBy(world.pipelines[index % world.pipelines.length] ?? "") },
];

/** Somebody publishes by hand, with an activated role: no write that other criteria count. */
const published: Change = (row, turn) => {
  const { admins } = turn.world;
  const byHand = { ...row, ...calledBy(admins[turn.index % admins.length]?.upn ?? "") };
  const OperationNameValue = `${operationOf(row).split("/").slice(0, 2).join("/")}/publishxml/action`.toUpperCase();
  return [...(isFinished(row) ? [activationOf(byHand, turn)] : []), { ...byHand, OperationNameValue }];
};

export default {
  "AP-01": {
    rules: GATEWAYS.map((table): Rule => ({ table, of: {}, by: "_ResourceId", yes: keep, no: drop })),
  },
  "AP-02": {
    rules: [
      {
        table: "AppServiceHTTPLogs",
        of: (row) => Number(row.ScStatus) < 400,
        yes: edit((_, { index }) => ({ CIp: `10.1.0.${4 + (index % 240)}` })),
        no: edit((_, { index }) => ({ CIp: `192.0.2.${4 + (index % 240)}` })),
      },
    ],
  },
  "AP-03": {
    narrowest: "initial",
    rules: [
      {
        table: "ApiManagementGatewayLogs",
        of: (row) => Number(row.ResponseCode) < 400,
        yes: { UserId: "", ApimSubscriptionId: "", ProductId: "", RequestHeaders: {} },
        partial: { optimal: { UserId: "", ApimSubscriptionId: "sub-web", ProductId: "partner", RequestHeaders: {} } },
        no: { RequestHeaders: HEADERS },
      },
    ],
  },
  "AP-04": {
    rules: [
      {
        table: "ApiManagementGatewayLogs",
        of: (row) => row.ApiId !== "",
        by: "ApiId",
        yes: layered,
        no: { LastErrorReason: "" },
      },
    ],
  },
  "AP-05": {
    rules: [
      {
        table: "ApiManagementGatewayLogs",
        of: {},
        yes: edit(({ Url, BackendUrl }) => ({
          Url: String(Url).replace(/^http:/, "https:"),
          BackendUrl: String(BackendUrl).replace(/^http:/, "https:"),
          ClientTlsVersion: "1.2",
        })),
        no: { ClientTlsVersion: "1.0" },
      },
      {
        table: "AGWAccessLogs",
        of: {},
        yes: { SslEnabled: "on", SslProtocol: "TLSv1.2" },
        no: { SslEnabled: "on", SslProtocol: "TLSv1.1" },
      },
    ],
  },
  "AP-06": {
    rules: [
      {
        table: "AGWAccessLogs",
        of: {},
        yes: { WafMode: "Prevention" },
        partial: { initial: { WafMode: "Detection" } },
        no: { WafMode: "", WafPolicyId: "" },
      },
    ],
  },
  "AP-07": {
    rules: ["SigninLogs", "AADNonInteractiveUserSignInLogs"].map(
      (table): Rule => ({
        table,
        of: (row) => row.ResultType === "0" && !isRare(row),
        by: "AppId",
        yes: edit(enforced),
        no: leaky,
      }),
    ),
  },
  "AP-08": {
    rules: [
      {
        table: "AuditLogs",
        of: { OperationName: "Consent to application" },
        yes: consent("False"),
        no: consent("True"),
      },
    ],
  },
  "AP-09": {
    rules: [
      {
        table: "MicrosoftGraphActivityLogs",
        of: (row) => row.UserId === "" && Number(row.ResponseStatusCode) < 400,
        by: "AppId",
        yes: { RequestMethod: "GET" },
        no: edit(({ RequestMethod }, { nth }) => ({ RequestMethod: nth === 0 ? "PATCH" : RequestMethod })),
      },
    ],
  },
  "AP-10": {
    rules: [
      {
        table: "McasShadowItReporting",
        of: {},
        amount: ({ TotalEvents }) => Number(TotalEvents),
        set: (open, all) => ({ AppScore: open > 0 ? 3 : 9, BlockedEvents: open > 0 ? all - open : 0 }),
      },
    ],
  },
  "AP-11": {
    rules: [
      {
        table: "SigninLogs",
        of: { ResultType: "0" },
        yes: {
          SessionLifetimePolicies: '[{"expirationRequirement":"signInFrequencyPeriodicReauthentication","detail":""}]',
        },
        no: uncontrolled,
      },
    ],
  },
  "AP-12": {
    rules: [
      {
        table: "ApiManagementGatewayLogs",
        of: (row) =>
          row.ApiId !== "" && Number(row.BackendResponseCode) >= 200 && Number(row.BackendResponseCode) < 400,
        yes: callOf(INSPECTED, { TraceRecords: DLP_TRACE }),
        no: callOf(PLAIN, { TraceRecords: [] }),
      },
    ],
  },
  "AP-13": {
    rules: [
      {
        table: "AzureActivity",
        of: (row) => row.CategoryValue === "Administrative" && isDelivery(row),
        by: "CorrelationId",
        yes: byPipeline,
        no: published,
      },
    ],
  },
} satisfies Readonly<Record<string, Dial>>;

function consent(isAdmin: string): Change {
  return edit(({ TargetResources }) => ({
    TargetResources: (TargetResources as { modifiedProperties: object[] }[]).map((target) => ({
      ...target,
      modifiedProperties: target.modifiedProperties.map((property) => ({ ...property, newValue: `"${isAdmin}"` })),
    })),
  }));
}
