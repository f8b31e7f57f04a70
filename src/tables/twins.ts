/** The table of diagnostic settings that do not send each log to a table of its own. */
export const SHARED_TABLE = "AzureDiagnostics";

/** A log that a diagnostic setting sends to the shared table or, in resource-specific mode, to a table of its own. */
export interface Twin {
  readonly table: string;
  /** As the shared table writes it. */
  readonly provider: string;
  readonly category: string;
  /** Columns whose counterpart has another name: own column → column of the shared table. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** Columns of the shared table that hold a claim of the own table's `Identity`: column → claim. */
  readonly claims?: Readonly<Record<string, string>>;
}

export const TWINS: readonly Twin[] = [
  {
    table: "AZKVAuditLogs",
    provider: "MICROSOFT.KEYVAULT",
    category: "AuditEvent",
    claims: {
      identity_claim_http_schemas_xmlsoap_org_ws_2005_05_identity_claims_upn_s:
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
      identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g:
        "http://schemas.microsoft.com/identity/claims/objectidentifier",
      identity_claim_oid_g: "oid",
      identity_claim_upn_s: "upn",
      identity_claim_appid_g: "appid",
      identity_claim_ipaddr_s: "ipaddr",
    },
  },
  { table: "AGWAccessLogs", provider: "MICROSOFT.NETWORK", category: "ApplicationGatewayAccessLog" },
  {
    table: "AGWFirewallLogs",
    provider: "MICROSOFT.NETWORK",
    category: "ApplicationGatewayFirewallLog",
    renamed: {
      DetailedMessage: "details_message_s",
      DetailedData: "details_data_s",
      FileDetails: "details_file_s",
      LineDetails: "details_line_s",
    },
  },
  {
    table: "ApiManagementGatewayLogs",
    provider: "MICROSOFT.APIMANAGEMENT",
    category: "GatewayLogs",
    renamed: { TotalTime: "DurationMs", Region: "Location" },
  },
  { table: "SQLSecurityAuditEvents", provider: "MICROSOFT.SQL", category: "SQLSecurityAuditEvents" },
];

/** A name without what tells the two tables' spellings apart: `clientIP_s` and `ClientIp` are one. */
export const bareName = (column: string): string =>
  column
    .replace(/_[sdbtg]$/, "")
    .replaceAll("_", "")
    .toLowerCase();
