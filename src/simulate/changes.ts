import type { Turn } from "./dial.ts";
import { iso, type Row } from "./types.ts";

/*
 * Changes of rows that several dials share. Each names the columns that one criterion looks at and leaves those alone
 * that others do.
 */

export interface Policy {
  readonly displayName: string;
  readonly enforcedGrantControls: readonly string[];
  readonly enforcedSessionControls: readonly string[];
  readonly result: string;
}

/** The policies of a sign-in, which one of the two tables holds as JSON text, edited. */
export function withPolicies(row: Row, change: (policies: readonly Policy[]) => readonly Policy[]): Row {
  const { ConditionalAccessPolicies: stored } = row;
  const policies = change((typeof stored === "string" ? JSON.parse(stored || "[]") : (stored ?? [])) as Policy[]);
  return { ConditionalAccessPolicies: typeof stored === "string" ? JSON.stringify(policies) : policies };
}

export const grants = ({ enforcedGrantControls }: Policy, control: string): boolean =>
  enforcedGrantControls.includes(control);

const TERMS: Policy = {
  displayName: "Accept the terms of use",
  enforcedGrantControls: ["TermsOfUse"],
  enforcedSessionControls: [],
  result: "success",
};

/** Some policy was enforced, without a word on factors, devices or sessions. */
export const enforced = (row: Row): Row => ({
  ConditionalAccessStatus: "success",
  ...withPolicies(row, (policies) =>
    policies.some(({ result }) => result === "success") ? policies : [...policies, TERMS],
  ),
});

/** The multifactor policy still holds the session, but asks for no factor: nobody slipped past it. */
export const withoutMfaGrant = (row: Row): Row =>
  withPolicies(row, (policies) =>
    policies.map((policy) => (grants(policy, "Mfa") ? { ...policy, enforcedGrantControls: [] } : policy)),
  );

/** The steps of an earlier sign-in were taken over: no method is on record. */
export const PREVIOUS = JSON.stringify([{ authenticationMethod: "Previously satisfied", succeeded: true }]);

const RARE = "5a6b7c8d-0000-4000-9000-";

/** An application that too few use to be judged: twenty sign-ins each. */
export const rareApplication = (index: number): string => `${RARE}${String(Math.floor(index / 20)).padStart(12, "0")}`;

export const isRare = ({ AppId }: Row): boolean => String(AppId).startsWith(RARE);

const BROKER = "29d9ed98-a469-4536-ade2-f981bc1d605e";

/**
 * A successful sign-in that no share of sign-ins counts: by a member into a partner's tenant, through the broker, which
 * no policy can target, without a managed device or a method on record.
 */
export const aside = (row: Row): Row => ({
  ResultType: "0",
  ResourceTenantId: "3d1a0000-0000-4000-8000-000000000000",
  UserType: "Member",
  AppId: BROKER,
  AppDisplayName: "Microsoft Authentication Broker",
  AuthenticationRequirement: "singleFactorAuthentication",
  AuthenticationDetails: PREVIOUS,
  AuthenticationProcessingDetails: "[]",
  ConditionalAccessStatus: "notApplied",
  ConditionalAccessPolicies: [],
  SessionLifetimePolicies: JSON.stringify([
    { expirationRequirement: "signInFrequencyPeriodicReauthentication", detail: "The sign-in frequency applies." },
  ]),
  DeviceDetail: { ...(row.DeviceDetail as object), isManaged: false },
  RiskLevelDuringSignIn: "none",
  RiskLevelAggregated: "none",
  RiskState: "none",
});

const UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn";

/** A person or a pipeline as the caller of a control-plane operation. */
export const calledBy = (caller: string): Row => ({
  Caller: caller,
  Claims_d: caller.includes("@")
    ? { idtyp: "user", [UPN]: caller, appid: "c44b4083-3bb0-49c1-b47d-974e53cbdf3c" }
    : { idtyp: "app", appid: caller },
});

export const isPerson = ({ Caller }: Row): boolean => String(Caller).includes("@");

/** The activation of a role by the caller of a row, ten minutes before it. */
export function activationOf(row: Row, { start, world }: Turn): Row {
  const time = Math.max(start, Date.parse(row.TimeGenerated as string) - 600_000);
  const id = `activation-${row.CorrelationId as string}`;
  return {
    ...row,
    TimeGenerated: iso(time),
    OperationNameValue: "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTSCHEDULEREQUESTS/WRITE",
    ActivityStatusValue: "Success",
    CorrelationId: id,
    EventDataId: id,
    _ResourceId: `/subscriptions/${world.subscriptionId}`,
  };
}

const FINISHED = new Set(["Success", "Succeeded"]);

export const isFinished = ({ ActivityStatusValue, CategoryValue }: Row): boolean =>
  CategoryValue === "Administrative" && FINISHED.has(ActivityStatusValue as string);

export const operationOf = ({ OperationNameValue }: Row): string => String(OperationNameValue).toLowerCase();

const BOOKKEEPING = new Set([
  "microsoft.resources/tags/write",
  "microsoft.resources/deployments/write",
  "microsoft.resources/deployments/delete",
  "microsoft.authorization/roleassignmentschedulerequests/write",
]);

export const isBookkeeping = (row: Row): boolean => BOOKKEEPING.has(operationOf(row));
