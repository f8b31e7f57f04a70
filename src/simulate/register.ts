/** Well-known application ids (facts) and invented people and places. Addresses are of the documentation ranges. */

export interface Place {
  readonly city: string;
  readonly country: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly asn: string;
  /** First three octets of the place's addresses. */
  readonly prefix: string;
}

/** The first is the head office. AS numbers are of the documentation range (RFC 5398). */
export const PLACES: readonly Place[] = [
  { city: "Redmond", country: "US", latitude: 47.674, longitude: -122.121, asn: "64496", prefix: "203.0.113" },
  { city: "Berlin", country: "DE", latitude: 52.52, longitude: 13.405, asn: "64497", prefix: "198.51.100" },
  { city: "London", country: "GB", latitude: 51.507, longitude: -0.128, asn: "64498", prefix: "192.0.2" },
];

/** Where attackers sign in from. */
export const FAR_AWAY: Place = {
  city: "Singapore",
  country: "SG",
  latitude: 1.352,
  longitude: 103.82,
  asn: "64511",
  prefix: "198.18.7",
};

export const FIRST_NAMES =
  "Adele Alex Allan Christie Debra Diego Emily Enrico Ernie Gerhart Grady Henrietta Irvin Isaiah Joni Jordan Lee Lidia Lynne Megan Miriam Mona Nestor Patti Pradeep Raul Ravi Robin Taylor Zoe".split(
    " ",
  );
export const LAST_NAMES =
  "Vance Wilber Deyoung Cline Berger Siciliani Braun Cattaneo Lucero Moeller Archie Mueller Sayers Langer Sherman Miller Gu Holloway Robbins Bowen Graham Kane Wilke Fernandez Gupta Razo Patel Counts Young Smith".split(
    " ",
  );

const WELL_KNOWN: readonly (readonly [string, string])[] = [
  ["00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online"],
  ["00000003-0000-0ff1-ce00-000000000000", "Office 365 SharePoint Online"],
  ["1fec8e78-bce4-4aaf-ab1b-5451cc387264", "Microsoft Teams"],
  ["4765445b-32c6-49b0-83e6-1d93765276ca", "OfficeHome"],
  ["d3590ed6-52b3-4102-aeff-aad2292ab01c", "Microsoft Office"],
  ["c44b4083-3bb0-49c1-b47d-974e53cbdf3c", "Azure Portal"],
  ["14d82eec-204b-4c2f-b7e8-296a70dab67e", "Microsoft Graph Command Line Tools"],
  ["04b07795-8ddb-461a-bbee-02f9e1bf7b46", "Microsoft Azure CLI"],
];

/** Applications, the most used first. */
export const APPLICATIONS: readonly (readonly [string, string])[] = [
  ...WELL_KNOWN,
  ..."Expenses Travel Payroll Recruiting Wiki Helpdesk Contracts Inventory Procurement Survey Learning Timesheets Facilities Reception Fleet Catering Library Badge Parking Archive Quality Audit Design Newsroom Insights Forecast Loyalty Vouchers Claims Billing Planning Alumni Grants Lockers Visitors Tenders Ideas Polls Shuttle Mailroom Radio Glossary Permits Donations Laboratory Museum Choir Garden"
    .split(" ")
    .map((name, index) => [`5a6b7c8d-0000-4000-8000-${String(index).padStart(12, "0")}`, `Contoso ${name}`] as const),
];

/** Resource types, with how many there are per user. */
export const RESOURCE_TYPES = [
  { type: "microsoft.storage/storageaccounts", prefix: "stcontoso", per: 0.1, least: 20 },
  { type: "microsoft.keyvault/vaults", prefix: "kv-contoso-", per: 0.05, least: 12 },
  { type: "microsoft.sql/servers", prefix: "sql-contoso-", per: 0.02, least: 10 },
  { type: "microsoft.web/sites", prefix: "app-contoso-", per: 0.05, least: 12 },
  { type: "microsoft.apimanagement/service", prefix: "apim-contoso-", per: 0, least: 2 },
  { type: "microsoft.network/applicationgateways", prefix: "agw-contoso-", per: 0, least: 3 },
  { type: "microsoft.network/azurefirewalls", prefix: "afw-contoso-", per: 0, least: 1 },
  { type: "microsoft.containerservice/managedclusters", prefix: "aks-contoso-", per: 0, least: 2 },
  { type: "microsoft.recoveryservices/vaults", prefix: "rsv-contoso-", per: 0, least: 2 },
] as const;
