import { lift } from "./diagnostics/lift.ts";
import { emptyRow, type JsonObject, type MappedRow, member, text } from "./shape.ts";

/** Audit record types by number. Source: Office 365 Management Activity API schema, AuditLogRecordType. */
const RECORD_TYPES: Readonly<Record<string, string>> = {
  "1": "ExchangeAdmin",
  "2": "ExchangeItem",
  "3": "ExchangeItemGroup",
  "4": "SharePoint",
  "6": "SharePointFileOperation",
  "7": "OneDrive",
  "8": "AzureActiveDirectory",
  "9": "AzureActiveDirectoryAccountLogon",
  "10": "DataCenterSecurityCmdlet",
  "11": "ComplianceDLPSharePoint",
  "12": "Sway",
  "13": "ComplianceDLPExchange",
  "14": "SharePointSharingOperation",
  "15": "AzureActiveDirectoryStsLogon",
  "18": "SecurityComplianceCenterEOPCmdlet",
  "20": "PowerBIAudit",
  "21": "CRM",
  "22": "Yammer",
  "23": "SkypeForBusinessCmdlets",
  "24": "Discovery",
  "25": "MicrosoftTeams",
  "28": "ThreatIntelligence",
  "30": "MicrosoftFlow",
  "31": "AeD",
  "33": "ComplianceDLPSharePointClassification",
  "35": "Project",
  "36": "SharePointListOperation",
  "40": "SecurityComplianceAlerts",
  "41": "ThreatIntelligenceUrl",
  "44": "WorkplaceAnalytics",
  "45": "PowerAppsApp",
  "50": "ExchangeItemAggregated",
  "54": "SharePointListItemOperation",
  "55": "SharePointContentTypeOperation",
  "56": "SharePointFieldOperation",
  "82": "SensitivityLabelPolicyMatch",
  "83": "SensitivityLabelAction",
};

const USER_TYPES = [
  "Regular",
  "Reserved",
  "Admin",
  "DcAdmin",
  "System",
  "Application",
  "ServicePrincipal",
  "CustomPolicy",
  "SystemPolicy",
];

const NAMES: Readonly<Record<string, string>> = {
  creationtime: "TimeGenerated",
  workload: "OfficeWorkload",
  objectid: "OfficeObjectId",
  clientipaddress: "Client_IPAddress",
  id: "OfficeId",
  logontype: "Logon_Type",
  siteurl: "Site_Url",
  site: "Site_",
  organizationid: "OrganizationId",
};

export const isAuditRecord = (record: JsonObject): boolean =>
  Object.hasOwn(record, "CreationTime") && Object.hasOwn(record, "Workload") && Object.hasOwn(record, "Operation");

/** A record of the Office 365 Management Activity API or the unified audit log as a row of OfficeActivity. */
export function officeActivity(record: JsonObject): MappedRow {
  const row = emptyRow();
  const lost = lift(row, "OfficeActivity", record, NAMES);
  const recordType = text(member(record, "RecordType"));
  const userType = text(member(record, "UserType"));
  row.RecordType = RECORD_TYPES[recordType] ?? recordType;
  row.UserType = USER_TYPES[Number(userType)] ?? userType;
  row.Type = "OfficeActivity";
  return { table: "OfficeActivity", row, lost };
}
