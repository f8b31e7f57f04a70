import { aside, enforced, grants, PREVIOUS, rareApplication, withoutMfaGrant, withPolicies } from "../changes.ts";
import { type Change, type Dial, drop, edit, keep, type Rule, type Scene, timeOf } from "../dial.ts";
import { MANAGED_IDENTITIES, WORKLOADS } from "../tables/people.ts";
import { DAY, HOUR, iso, type Row } from "../types.ts";

const SIGN_INS = ["SigninLogs", "AADNonInteractiveUserSignInLogs"] as const;
const inBoth = (rule: object): Rule[] => SIGN_INS.map((table) => ({ ...rule, table }) as Rule);

const single = { AuthenticationRequirement: "singleFactorAuthentication", AuthenticationDetails: PREVIOUS };
const multi = { AuthenticationRequirement: "multiFactorAuthentication" };

const steps = (...methods: string[]): Row => ({
  AuthenticationDetails: JSON.stringify(
    methods.map((authenticationMethod) => ({ authenticationMethod, succeeded: true })),
  ),
});

const continuous = (value: string): Row => ({
  AuthenticationProcessingDetails: JSON.stringify([{ key: "Is CAE Token", value }]),
  TokenProtectionStatusDetails: "",
});

const mfaResult = (row: Row, result: string): Row =>
  withPolicies(row, (policies) => policies.map((policy) => (grants(policy, "Mfa") ? { ...policy, result } : policy)));

/** The risk was raised so many hours before its first row, and settled a minute after it. */
const settledAfter =
  (hours: number): Change =>
  (row, { nth }) => {
    if (nth > 0) return [];
    const settled = iso(timeOf(row) + 60_000);
    return [
      { ...row, RiskLastUpdatedDateTime: iso(timeOf(row) - hours * HOUR) },
      {
        ...row,
        TimeGenerated: settled,
        RiskLastUpdatedDateTime: settled,
        RiskLevel: "none",
        RiskState: "remediated",
        RiskDetail: "userPerformedSecuredPasswordReset",
      },
    ];
  };

const DAILY_TABLES = ["AADManagedIdentitySignInLogs", "AADServicePrincipalSignInLogs", ...SIGN_INS, "AuditLogs"];
const RARE_TABLES = ["AADRiskyUsers", "AADUserRiskEvents"];
const TABLES = DAILY_TABLES.length + RARE_TABLES.length;

const dayOf = (row: Row): number => Math.floor(timeOf(row) / DAY);
/** Whole days before the last, at most fourteen. */
const isCounted = (row: Row, { start, end }: Scene): boolean => {
  const today = Math.floor(end / DAY);
  return dayOf(row) < today && dayOf(row) >= Math.max(today - 14, Math.floor(start / DAY));
};

export default {
  "ID-01": {
    rules: [
      {
        table: "SigninLogs",
        of: { ResultType: "0", UserType: "Member" },
        yes: multi,
        no: edit((row) => ({ ...single, ...withoutMfaGrant(row) })),
      },
    ],
  },
  "ID-02": {
    rules: inBoth({
      of: { ResultType: "0" },
      yes: { ClientAppUsed: "IMAP4" },
      no: { ClientAppUsed: "Mobile Apps and Desktop clients" },
    }),
  },
  "ID-03": {
    rules: [
      {
        table: "IdentityInfo",
        of: (row) => (row.AssignedRoles as string[]).length > 0,
        by: "AccountObjectId",
        yes: { AssignedRoles: ["Global Administrator"] },
        no: { AssignedRoles: ["Security Reader"] },
      },
    ],
  },
  "ID-04": {
    rules: [
      ...DAILY_TABLES.map(
        (table): Rule => ({
          table,
          of: isCounted,
          by: (row) => `${table} ${dayOf(row)}`,
          share: dailyShare,
          yes: keep,
          no: drop,
        }),
      ),
      // One row of a rare table stands for all its days.
      ...RARE_TABLES.map((table): Rule => ({ table, of: {}, by: () => table, share: rareShare, yes: keep, no: drop })),
    ],
  },
  "ID-05": {
    rules: inBoth({
      of: { ResultType: "0" },
      by: (row: Row) => `${row.UserPrincipalName} ${row.AppDisplayName}`,
      yes: { TokenIssuerType: "AzureAD" },
      no: { TokenIssuerType: "ADFederationServices" },
    }),
  },
  "ID-06": {
    rules: [
      {
        table: "SigninLogs",
        of: { RiskLevelDuringSignIn: ["high", "medium"] },
        yes: edit((row) => ({
          ...aside(row),
          RiskLevelDuringSignIn: row.RiskLevelDuringSignIn,
          RiskLevelAggregated: row.RiskLevelAggregated,
          RiskState: "atRisk",
        })),
        no: { RiskState: "remediated" },
      },
    ],
  },
  "ID-07": {
    rules: [
      {
        table: "AADRiskyUsers",
        of: {},
        by: "Id",
        yes: settledAfter(1),
        partial: { intermediate: settledAfter(10) },
        no: settledAfter(72),
      },
    ],
  },
  "ID-08": {
    rules: inBoth({
      of: { ResultType: "0" },
      yes: edit(enforced),
      no: edit((_, { index }) => ({ ConditionalAccessStatus: "notApplied", AppId: rareApplication(index) })),
    }),
  },
  "ID-09": {
    rules: [
      {
        table: "SigninLogs",
        of: (row) =>
          row.ResultType === "0" &&
          (row.ConditionalAccessPolicies as { enforcedGrantControls: string[]; result: string }[]).some(
            ({ enforcedGrantControls, result }) => enforcedGrantControls.includes("Mfa") && result !== "failure",
          ),
        yes: edit((row) => ({
          ...aside(row),
          ...mfaResult(row, "notApplied"),
        })),
        no: edit((row) => mfaResult(row, "success")),
      },
    ],
  },
  "ID-10": {
    rules: [
      {
        table: "SigninLogs",
        of: (row) => row.ResultType === "0" && row.UserType === "Member" && row.AuthenticationDetails !== PREVIOUS,
        yes: steps("Passkey (device-bound)"),
        no: steps("Password", "Mobile app notification"),
      },
    ],
  },
  "ID-11": {
    rules: [
      {
        table: "AuditLogs",
        of: (row) =>
          String(row.OperationName).includes("PIM activation") ||
          (row.OperationName === "Add member to role" && (row.InitiatedBy as { user?: object }).user !== undefined),
        yes: activated("Add member to role completed (PIM activation)"),
        no: activated("Add member to role in PIM completed (permanent)"),
      },
    ],
  },
  "ID-12": {
    rules: inBoth({
      of: (row: Row) => row.ResultType === "0" && row.AuthenticationProcessingDetails !== "[]",
      yes: continuous("True"),
      no: continuous("False"),
    }),
  },
  "ID-13": {
    rules: [
      {
        table: "AADServicePrincipalSignInLogs",
        of: { ResultType: "0" },
        by: "ServicePrincipalId",
        share: (value) => (value * (WORKLOADS + MANAGED_IDENTITIES) - MANAGED_IDENTITIES) / WORKLOADS,
        yes: { ClientCredentialType: "certificate" },
        no: { ClientCredentialType: "clientSecret" },
      },
      // A managed identity has no secret: where fewer are wanted than there are, some have to go.
      {
        table: "AADManagedIdentitySignInLogs",
        of: { ResultType: "0" },
        by: "ServicePrincipalId",
        share: (value) => (value * WORKLOADS) / (MANAGED_IDENTITIES * (1 - Math.min(value, 0.999))),
        yes: keep,
        no: drop,
      },
    ],
  },
  "ID-14": {
    rules: [
      {
        table: "SigninLogs",
        of: { ResultType: "0", UserType: "Guest" },
        yes: multi,
        no: edit((row) => ({ ...single, ...withoutMfaGrant(row) })),
      },
    ],
  },
  "ID-15": {
    knobs: { identities: { observed: 1 } },
    rules: [{ table: "BehaviorAnalytics", of: {}, by: "UserPrincipalName", yes: keep, no: drop }],
  },
} satisfies Readonly<Record<string, Dial>>;

function activated(operation: string): Row {
  return { OperationName: operation, ActivityDisplayName: operation, LoggedByService: "PIM" };
}

function rareShare(value: number): number {
  return (value * TABLES) / RARE_TABLES.length;
}

function dailyShare(value: number): number {
  return (value * TABLES - RARE_TABLES.length) / DAILY_TABLES.length;
}
