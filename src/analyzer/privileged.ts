export type Privilege = "critical" | "privileged" | "none";

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

const known = new Map<string, Privilege>();

function read(operation: string): Privilege {
  const name = operation.toLowerCase();
  if (CRITICAL.some((part) => name.includes(part))) return "critical";
  return PRIVILEGED.some((part) => name.includes(part)) ? "privileged" : "none";
}

/** How much an Azure or Entra operation hands over, by its name. */
export function privilegeOf(operation: string): Privilege {
  const found = known.get(operation);
  if (found) return found;
  const privilege = read(operation);
  if (known.size < 5000) known.set(operation, privilege);
  return privilege;
}
