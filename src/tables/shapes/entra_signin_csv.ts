import { emptyRow, type JsonObject, member, type Shape, text } from "../shape.ts";

/** Header of the admin center (trailing and doubled spaces removed, lower case) → column. */
const COLUMNS: Readonly<Record<string, string>> = {
  "date (utc)": "CreatedDateTime",
  "request id": "Id",
  "user agent": "UserAgent",
  "correlation id": "CorrelationId",
  "user id": "UserId",
  user: "UserDisplayName",
  username: "UserPrincipalName",
  "user type": "UserType",
  "cross tenant access type": "CrossTenantAccessType",
  "incoming token type": "IncomingTokenType",
  "authentication protocol": "AuthenticationProtocol",
  "unique token identifier": "UniqueTokenIdentifier",
  "original transfer method": "OriginalTransferMethod",
  "client credential type": "ClientCredentialType",
  application: "AppDisplayName",
  "application id": "AppId",
  resource: "ResourceDisplayName",
  "resource id": "ResourceIdentity",
  "resource tenant id": "ResourceTenantId",
  "home tenant id": "HomeTenantId",
  "home tenant name": "HomeTenantName",
  "ip address": "IPAddress",
  "sign-in error code": "ResultType",
  "failure reason": "ResultDescription",
  "client app": "ClientAppUsed",
  "conditional access": "ConditionalAccessStatus",
  "authentication requirement": "AuthenticationRequirement",
  "token issuer type": "TokenIssuerType",
  "sign-in identifier": "SignInIdentifier",
  "session id": "SessionId",
  "autonomous system number": "AutonomousSystemNumber",
  "flagged for review": "FlaggedForReview",
  "alternate sign-in name": "AlternateSignInName",
};

const DEVICE: Readonly<Record<string, string>> = {
  "device id": "deviceId",
  browser: "browser",
  "operating system": "operatingSystem",
  compliant: "isCompliant",
  managed: "isManaged",
  "join type": "trustType",
};

const REQUIREMENTS: Readonly<Record<string, string>> = {
  "single-factor authentication": "singleFactorAuthentication",
  "multifactor authentication": "multiFactorAuthentication",
  "multi-factor authentication": "multiFactorAuthentication",
};
const ACCESS: Readonly<Record<string, string>> = {
  "not applied": "notApplied",
  success: "success",
  failure: "failure",
};

const clean = (name: string): string => name.trim().replace(/\s+/g, " ").toLowerCase();
const plain = (value: string): string => value.replaceAll("\u00a0", " ").trim();
const worded = (words: Readonly<Record<string, string>>, value: string): string => words[value.toLowerCase()] ?? value;

/** `City, State, CC`: the last part is the country, the first the city. */
function location(value: string): { countryOrRegion: string; state: string; city: string } {
  const parts = value.split(",").map((part) => part.trim());
  const countryOrRegion = parts.pop() ?? "";
  return { countryOrRegion, state: parts.length > 1 ? (parts.pop() ?? "") : "", city: parts.join(", ") };
}

function deviceOf(cells: ReadonlyMap<string, string>): JsonObject {
  const entries = Object.entries(DEVICE).flatMap(([header, key]): [string, string | boolean][] => {
    const value = cells.get(header) ?? "";
    if (value === "") return [];
    return [[key, /^is/.test(key) ? /^(true|yes)$/i.test(value) : value]];
  });
  return Object.fromEntries(entries);
}

/** The sign-in CSV of the Entra admin center: headers for people, one flattened location, no policies. */
export default {
  precedence: 10,
  sniff: ({ format, columns }) => {
    const names = new Set(columns.map(clean));
    return format === "csv" && names.has("date (utc)") && names.has("request id") && names.has("sign-in error code");
  },
  map(record, { columns }) {
    const cells = new Map(columns.map((name) => [clean(name), plain(text(member(record, name)))]));
    const row = emptyRow();
    for (const [header, column] of Object.entries(COLUMNS)) if (cells.has(header)) row[column] = cells.get(header);
    const place = location(cells.get("location") ?? "");
    const failed = (cells.get("sign-in error code") ?? "") || (cells.get("status") === "Success" ? "0" : "");
    Object.assign(row, {
      TimeGenerated: cells.get("date (utc)") ?? "",
      ResultType: failed,
      ResultDescription: failed === "0" ? "" : (cells.get("failure reason") ?? ""),
      Location: place.countryOrRegion,
      LocationDetails: place,
      DeviceDetail: deviceOf(cells),
      Status: { errorCode: Number(failed), failureReason: cells.get("failure reason") ?? "" },
      AuthenticationRequirement: worded(REQUIREMENTS, cells.get("authentication requirement") ?? ""),
      ConditionalAccessStatus: worded(ACCESS, cells.get("conditional access") ?? ""),
      UserPrincipalName: (cells.get("username") ?? "").toLowerCase(),
      Identity: cells.get("user") ?? "",
      ...{ OperationName: "Sign-in activity", SourceSystem: "Azure AD", Type: "SigninLogs" },
    });
    return [{ table: "SigninLogs", row }];
  },
} satisfies Shape;
