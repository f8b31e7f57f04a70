/*
 * Where the portal shows an entity, as KQL. The host and the blade are ours, and what a log has written only follows
 * encoded or after a check of its form: a row can point at a wrong entity of the portal, never elsewhere. No braces: a
 * workbook would take them for a parameter.
 */

const isGuid = (column: string): string => `strlen(${column}) == 36 and ${column} matches regex @"^[0-9a-fA-F-]+$"`;

const first = (details: string, names: readonly string[]): string =>
  `tostring(coalesce(${names.map((name) => `tostring(${details}.${name})`).join(", ")}))`;

/** Names by which rows hold the object id of a user, the id of an application, a device of Defender, a resource. */
const NAMES = {
  UserObject: ["UserId", "AccountObjectId", "ObjectId"],
  Application: ["AppId", "ApplicationId"],
  Machine: ["DeviceId", "MachineId"],
  AzureResource: ["_ResourceId", "ResourceId", "TargetId"],
} as const;

const BLADES = {
  user: "/#view/Microsoft_AAD_UsersAndTenants/UserProfileMenuBlade/~/overview/userId/",
  userByName: "/#blade/Microsoft_AAD_IAM/UserDetailsMenuBlade/Profile/userId/",
  application: "/#view/Microsoft_AAD_RegisteredApps/ApplicationMenuBlade/~/Overview/appId/",
  resource: "/#@/resource",
} as const;

/** Defender's portal by Azure's; China has none. */
const DEFENDER: Readonly<Record<string, string>> = {
  "https://portal.azure.com": "https://security.microsoft.com",
  "https://portal.azure.us": "https://security.microsoft.us",
};

/** Statements that add the column `Open`, the address of the entity's blade; empty where none is known. */
export function entityLink(portal: string, entity: string, details: string): string {
  const defender = DEFENDER[portal];
  const machine = `strlen(Machine) == 40 and Machine matches regex @"^[0-9a-f]+$", strcat("${defender}/machines/", Machine),`;
  const names = Object.entries(NAMES).map(([name, columns]) => `${name} = ${first(details, columns)}`);
  return `| extend ${names.join(", ")}
| extend AzureResource = iff(${entity} startswith "/subscriptions/", ${entity}, AzureResource)
| extend Open = case(
    AzureResource matches regex @"^/subscriptions/[A-Za-z0-9_./()-]+$", strcat("${portal}${BLADES.resource}", AzureResource),
    ${isGuid("UserObject")}, strcat("${portal}${BLADES.user}", UserObject),
    ${entity} matches regex @"^[^@/\\s]+@[^@/\\s]+$", strcat("${portal}${BLADES.userByName}", url_encode_component(${entity})),
    ${isGuid("Application")}, strcat("${portal}${BLADES.application}", Application),
    ${defender === undefined ? "" : machine}
    "")`;
}
