import { type Dial, drop, edit, keep, type Scene, timeOf } from "../dial.ts";
import { AT_REST } from "../tables/posture.ts";
import { DAY, type Row } from "../types.ts";

const anonymous = { AuthenticationType: "Anonymous", AuthenticationHash: "", AuthorizationDetails: [] };
const nobody = { RequesterObjectId: "", RequesterUpn: "", RequesterTenantId: "" };
const withKey = { AuthenticationType: "AccountKey", AuthenticationHash: "key1(7B0B8E5A)", ...nobody };

const isSuccess = ({ HttpStatusCode }: Row): boolean => Number(HttpStatusCode) >= 200 && Number(HttpStatusCode) < 300;

/** A version of a secret, made so many days before the end. */
const made = (days: number) =>
  edit((_, { end }) => ({
    SecretProperties: { attributes: { enabled: true, created: Math.floor((end - days * DAY) / 1000) } },
  }));

const weeksBack = (row: Row, { end }: Scene): number => Math.floor((end - timeOf(row)) / (7 * DAY));

const times = (row: Row, factor: number): Row => ({
  ResponseBodySize: Math.round(Number(row.ResponseBodySize) * factor),
});

const SHARES = [
  "AnonymousLinkCreated",
  "AnonymousLinkUsed",
  "SharingSet",
  "SharingInvitationCreated",
  "SecureLinkCreated",
  "AddedToSecureLink",
  "CompanyLinkCreated",
];

export default {
  "DA-01": {
    rules: [
      {
        table: "StorageBlobLogs",
        of: {},
        yes: { Protocol: "HTTPS", TlsVersion: "TLS 1.2" },
        no: { TlsVersion: "TLS 1.0" },
      },
      { table: "AZKVAuditLogs", of: {}, yes: { Tlsversion: "TLS1_2" }, no: { Tlsversion: "TLS1_0" } },
    ],
  },
  "DA-02": {
    rules: [
      {
        table: "SecurityRecommendation",
        of: { RecommendationDisplayName: AT_REST.map(([, name]) => name) },
        by: "RecommendationId",
        yes: { RecommendationState: "Healthy" },
        no: { RecommendationState: "Unhealthy" },
      },
    ],
  },
  "DA-03": {
    rules: [
      {
        table: "StorageBlobLogs",
        of: {},
        yes: { AuthenticationType: "OAuth", AuthenticationHash: "" },
        no: edit(({ AuthenticationType }) => (AuthenticationType === "Anonymous" ? {} : withKey)),
      },
    ],
  },
  "DA-04": {
    rules: [
      {
        table: "StorageBlobLogs",
        of: (row) => String(row.StatusCode).startsWith("2"),
        yes: { ...anonymous, ...nobody },
        no: edit(({ AuthenticationType }) => (AuthenticationType === "Anonymous" ? withKey : {})),
      },
    ],
  },
  "DA-05": {
    rules: [
      {
        table: "AZKVAuditLogs",
        of: isSuccess,
        yes: { IsRbacAuthorized: true, IsAddressAuthorized: true },
        no: { IsRbacAuthorized: false },
      },
    ],
  },
  "DA-06": {
    rules: [
      {
        table: "AZKVAuditLogs",
        of: isSuccess,
        // Vault, kind and name; what follows is the version.
        by: ({ Id }) => String(Id).split("/").slice(0, 5).join("/"),
        yes: made(45),
        no: made(420),
      },
    ],
  },
  "DA-07": {
    rules: [
      {
        table: "PurviewScanStatusLogs",
        of: {},
        by: "DataSourceName",
        amount: ({ AssetsDiscovered }) => Number(AssetsDiscovered),
        set: (classified) => ({ AssetsClassified: classified }),
      },
    ],
  },
  "DA-08": {
    rules: [
      {
        table: "MicrosoftPurviewInformationProtection",
        of: { Operation: "FileSensitivityLabelApplied" },
        yes: { ActionSource: "AutoByPolicy" },
        no: { ActionSource: "Manual" },
      },
    ],
  },
  "DA-09": {
    rules: [
      {
        table: "MicrosoftPurviewInformationProtection",
        of: { Operation: "DlpRuleMatch" },
        yes: { RuleMode: "Enable", RuleActions: ["BlockAccess", "NotifyUser"] },
        no: { RuleActions: ["NotifyUser"] },
      },
    ],
  },
  "DA-10": {
    rules: [
      {
        table: "OfficeActivity",
        of: { Operation: SHARES },
        yes: { Operation: "AnonymousLinkCreated" },
        no: { Operation: "SecureLinkCreated" },
      },
    ],
  },
  "DA-11": {
    knobs: { data: { audited: 1 } },
    rules: [{ table: "SQLSecurityAuditEvents", of: {}, by: "LogicalServerName", yes: keep, no: drop }],
  },
  "DA-12": {
    rules: [
      {
        table: "AddonAzureBackupJobs",
        of: { JobStatus: ["Completed", "CompletedWithWarnings", "Failed", "Cancelled"] },
        yes: { JobStatus: "Completed", JobFailureCode: "Success" },
        no: { JobStatus: "Failed", JobFailureCode: "UserErrorVmNotFound" },
      },
    ],
  },
  "DA-13": {
    knobs: { data: { watched: 1 } },
    rules: [
      { table: "ZtSignal_CL", of: {}, every: keep },
      {
        table: "StorageBlobLogs",
        of: {},
        by: "AccountName",
        // An odd week before the last spoils the guess that the last will be like it, hardly the forecast.
        yes: edit((row, turn) => times(row, weeksBack(row, turn) === 1 ? 3 : 1)),
        // A level that fell two weeks ago spoils the forecast, not the guess.
        no: edit((row, turn) => times(row, weeksBack(row, turn) > 1 ? 20 : 1)),
      },
    ],
  },
} satisfies Readonly<Record<string, Dial>>;
