import { canonicalTable } from "../catalogue.ts";

/** Log category of a diagnostic setting (lower case) → table, where the names differ. */
const TABLES: Readonly<Record<string, string>> = {
  signinlogs: "SigninLogs",
  noninteractiveusersigninlogs: "AADNonInteractiveUserSignInLogs",
  serviceprincipalsigninlogs: "AADServicePrincipalSignInLogs",
  managedidentitysigninlogs: "AADManagedIdentitySignInLogs",
  provisioninglogs: "AADProvisioningLogs",
  riskyusers: "AADRiskyUsers",
  userriskevents: "AADUserRiskEvents",
  riskyserviceprincipals: "AADRiskyServicePrincipals",
  serviceprincipalriskevents: "AADServicePrincipalRiskEvents",
  b2crequestlogs: "AADB2CRequestLogs",
  customsecurityattributeauditlogs: "AADCustomSecurityAttributeAuditLogs",
  networkaccesstrafficlogs: "NetworkAccessTraffic",
  enrichedoffice365auditlogs: "EnrichedMicrosoft365AuditLogs",
  operationallogs: "IntuneOperationalLogs",
  devicecomplianceorg: "IntuneDeviceComplianceOrg",
  devices: "IntuneDevices",
  auditevent: "AZKVAuditLogs",
  azurepolicyevaluationdetails: "AZKVPolicyEvaluationDetailsLogs",
  gatewaylogs: "ApiManagementGatewayLogs",
  websocketconnectionlogs: "ApiManagementWebSocketConnectionLogs",
  applicationgatewayaccesslog: "AGWAccessLogs",
  applicationgatewayfirewalllog: "AGWFirewallLogs",
  applicationgatewayperformancelog: "AGWPerformanceLogs",
  "kube-audit": "AKSAudit",
  "kube-audit-admin": "AKSAuditAdmin",
  bastionauditlogs: "MicrosoftAzureBastionAuditLogs",
};

/** Categories of the Activity Log; `write`, `delete` and `action` are those of old streams. */
const ACTIVITY = new Set(
  [
    "administrative",
    "security",
    "servicehealth",
    "alert",
    "recommendation",
    "policy",
    "autoscale",
    "resourcehealth",
  ].concat(["write", "delete", "action"]),
);

const CONTROL_PLANE =
  /^(kube-(apiserver|controller-manager|scheduler)|cluster-autoscaler|cloud-controller-manager|guard|csi-.*)$/;

const SERVICES: readonly (readonly [RegExp, string])[] = [
  [/\/blobservices\//i, "StorageBlobLogs"],
  [/\/fileservices\//i, "StorageFileLogs"],
  [/\/queueservices\//i, "StorageQueueLogs"],
  [/\/tableservices\//i, "StorageTableLogs"],
];

/** Categories that several services use with different meanings belong to the service named in the resource id. */
const PROVIDER_OF: Readonly<Record<string, RegExp>> = {
  auditevent: /\/microsoft\.keyvault\//i,
  gatewaylogs: /\/microsoft\.apimanagement\//i,
  devices: /\/microsoft\.intune|^$|tenants/i,
};

/**
 * The table of a diagnostic record by its category and resource. Records of services without a table of their own go
 * to AzureDiagnostics. Undefined when the category is empty.
 */
export function tableOfCategory(category: string, resourceId: string): string | undefined {
  const key = category.toLowerCase();
  if (key === "") return undefined;
  if (ACTIVITY.has(key)) return "AzureActivity";
  if (/^storage(read|write|delete)$/.test(key))
    return SERVICES.find(([pattern]) => pattern.test(resourceId))?.[1] ?? "StorageBlobLogs";
  if (CONTROL_PLANE.test(key)) return "AKSControlPlane";
  const provider = PROVIDER_OF[key];
  if (provider && resourceId !== "" && !provider.test(resourceId)) return "AzureDiagnostics";
  const table = Object.hasOwn(TABLES, key) ? TABLES[key] : undefined;
  return table ?? canonicalTable(category) ?? "AzureDiagnostics";
}
