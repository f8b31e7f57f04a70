import type { NameProperty, Names } from "../signals/names.ts";

export const [NO_PRIVILEGE, PRIVILEGE, CRITICAL_PRIVILEGE] = [1, 2, 3] as const;

/** Operations that hand over a tenant or blind it. Lower-case parts of operation names. */
const CRITICAL = [
  "elevateaccess",
  "roledefinitions/write",
  "policyexemptions/write",
  "policyassignments/delete",
  "diagnosticsettings/delete",
  "workspaces/delete",
  "add member to role",
  "add eligible member to role",
  "add app role assignment to service principal",
  "update conditional access policy",
  "delete conditional access policy",
  "add unverified domain",
  "set domain authentication",
  "set federation settings on domain",
  "disable strong authentication",
];

const PRIVILEGED = [
  "roleassignments/write",
  "roleassignments/delete",
  "locks/delete",
  "policyassignments/write",
  "listkeys",
  "listaccountsas",
  "listservicesas",
  "regeneratekey",
  "vaults/write",
  "vaults/delete",
  "vaults/accesspolicies",
  "runcommand",
  "virtualmachines/extensions/write",
  "serialports/connect",
  "listclusteradmincredential",
  "listclusterusercredential",
  "securityrules/write",
  "networksecuritygroups/delete",
  "azurefirewalls/delete",
  "automationaccounts/runbooks",
  "automationaccounts/jobs/write",
  "federatedidentitycredentials/write",
  "begingetaccess",
  "snapshots/write",
  "subscriptions/resourcegroups/delete",
  "securitycontacts",
  "pricings/write",
  "add service principal credentials",
  "update application – certificates and secrets management",
  "update application - certificates and secrets management",
  "add owner to application",
  "add owner to service principal",
  "reset user password",
  "reset password (by admin)",
  "update authorization policy",
  "add named location",
  "update named location",
  "user registered security info",
];

function read(operation: string): number {
  const name = operation.toLowerCase();
  if (CRITICAL.some((part) => name.includes(part))) return CRITICAL_PRIVILEGE;
  return PRIVILEGED.some((part) => name.includes(part)) ? PRIVILEGE : NO_PRIVILEGE;
}

const perStream = new WeakMap<Names, NameProperty>();

/** How much an Azure or Entra operation hands over, by its name. */
export function privileges(names: Names): NameProperty {
  const known = perStream.get(names) ?? names.property(read);
  perStream.set(names, known);
  return known;
}
