/**
 * Columns whose values identify a record of a table. Two rows with the same key and the same TimeGenerated are one
 * record exported twice; the same key at another time is a later state of it and stays.
 */
const NATURAL_KEYS: Readonly<Record<string, string>> = {
  SigninLogs: "Id",
  AADNonInteractiveUserSignInLogs: "Id",
  AADServicePrincipalSignInLogs: "Id",
  AADManagedIdentitySignInLogs: "Id",
  AADProvisioningLogs: "Id",
  AuditLogs: "Id",
  AADUserRiskEvents: "Id",
  AzureActivity: "EventDataId",
  MicrosoftGraphActivityLogs: "RequestId",
  OfficeActivity: "OfficeId",
  SecurityAlert: "SystemAlertId",
};

/** The natural key column of a table, where it has one besides `_ItemId`. */
export const naturalKey = (table: string): string | undefined =>
  Object.hasOwn(NATURAL_KEYS, table) ? NATURAL_KEYS[table] : undefined;
