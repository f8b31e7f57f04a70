import type { Dice } from "../dice.ts";
import { type EventSource, iso, type Row } from "../types.ts";
import type { App, User, World } from "../world.ts";

const RETRY = 60_000;
const CODES = ["50126", "50076", "50074", "53003", "50053"] as const;

export interface SignIn {
  readonly time: number;
  readonly user: User;
  readonly app: App;
  readonly code: string;
  readonly isMultifactor: boolean;
  readonly isResistant: boolean;
  readonly isLegacy: boolean;
  readonly risk: "none" | "medium" | "high";
  readonly riskState: "none" | "atRisk" | "remediated";
  readonly isEnforced: boolean;
  readonly isDeviceEnforced: boolean;
  readonly ip: string;
  readonly place: User["place"];
  readonly userAgent: string;
  readonly device: User["device"] | undefined;
}

/** What both sign-in tables share. JSON columns are left as values: the two tables store them differently. */
function details(world: World, { user, device, place, isEnforced, isDeviceEnforced, code }: SignIn) {
  const outcome = code === "0" ? "success" : "failure";
  return {
    device: device
      ? {
          deviceId: device.id,
          displayName: device.name,
          operatingSystem: device.os,
          browser: "Edge 143.0",
          isCompliant: device.isCompliant,
          isManaged: true,
          trustType: device.os.startsWith("Windows") ? "Azure AD joined" : "Azure AD registered",
        }
      : { deviceId: "", operatingSystem: user.device.os, browser: "Edge 143.0" },
    location: {
      city: place.city,
      countryOrRegion: place.country,
      geoCoordinates: { latitude: place.latitude, longitude: place.longitude },
    },
    policies: [
      {
        id: "0c1f0000-0000-4000-8000-000000000001",
        displayName: "Require multifactor authentication",
        enforcedGrantControls: ["Mfa"],
        enforcedSessionControls: isEnforced ? ["SignInFrequency", "ContinuousAccessEvaluation"] : [],
        result: isEnforced ? outcome : "notApplied",
      },
      {
        id: "0c1f0000-0000-4000-8000-000000000002",
        displayName: "Require a compliant device",
        enforcedGrantControls: ["RequireCompliantDevice"],
        enforcedSessionControls: [],
        result: isDeviceEnforced ? outcome : "notApplied",
      },
      {
        id: "0c1f0000-0000-4000-8000-000000000003",
        displayName: "Pilot: block legacy protocols",
        enforcedGrantControls: ["Block"],
        enforcedSessionControls: [],
        result: "reportOnlyNotApplied",
      },
    ],
    status: { errorCode: Number(code), additionalDetails: code === "0" ? "MFA requirement satisfied" : "" },
    tenant: user.type === "Guest" ? "9f4c0000-0000-4000-8000-000000000000" : world.tenantId,
  };
}

function stepsOf({ isMultifactor, isResistant, code }: SignIn) {
  const succeeded = code === "0";
  const password = { authenticationMethod: "Password", succeeded: isMultifactor || succeeded };
  if (!isMultifactor) return [password];
  if (isResistant) return [{ authenticationMethod: "Passkey (device-bound)", succeeded }];
  return [password, { authenticationMethod: "Mobile app notification", succeeded }];
}

/** Columns that have the same type in both tables. */
function shared(world: World, dice: Dice, signIn: SignIn, interactive: boolean): Row {
  const { user, app, code, place, isMultifactor, isEnforced, isDeviceEnforced } = signIn;
  const at = iso(signIn.time);
  return {
    TenantId: world.workspaceId,
    TimeGenerated: at,
    CreatedDateTime: at,
    OperationName: "Sign-in activity",
    Category: interactive ? "SignInLogs" : "NonInteractiveUserSignInLogs",
    ResultType: code,
    ResultDescription: code === "0" ? "" : "Error validating credentials due to invalid username or password.",
    CorrelationId: dice.uuid(),
    Id: dice.uuid(),
    Identity: user.name,
    UserDisplayName: user.name,
    UserId: user.id,
    UserPrincipalName: user.upn,
    UserType: user.type,
    AADTenantId: world.tenantId,
    ResourceTenantId: world.tenantId,
    HomeTenantId: user.type === "Guest" ? "9f4c0000-0000-4000-8000-000000000000" : world.tenantId,
    CrossTenantAccessType: user.type === "Guest" ? "b2bCollaboration" : "none",
    AppId: app.id,
    AppDisplayName: app.name,
    ResourceDisplayName: app.name,
    ResourceIdentity: app.id,
    IPAddress: signIn.ip,
    AutonomousSystemNumber: place.asn,
    Location: place.country,
    UserAgent: signIn.userAgent,
    ClientAppUsed: signIn.isLegacy ? "IMAP4" : interactive ? "Browser" : "Mobile Apps and Desktop clients",
    AuthenticationProtocol: "oAuth2",
    OriginalTransferMethod: "none",
    AuthenticationRequirement: isMultifactor ? "multiFactorAuthentication" : "singleFactorAuthentication",
    AuthenticationDetails: JSON.stringify(stepsOf(signIn)),
    AuthenticationProcessingDetails: JSON.stringify([{ key: "Is CAE Token", value: isEnforced ? "True" : "False" }]),
    ConditionalAccessStatus:
      isEnforced || isDeviceEnforced
        ? code === "0"
          ? "success"
          : "failure"
        : code === "53003"
          ? "failure"
          : "notApplied",
    RiskLevelDuringSignIn: signIn.risk,
    RiskLevelAggregated: signIn.risk,
    RiskState: signIn.riskState,
    RiskDetail: "none",
    IsInteractive: interactive,
    IncomingTokenType: interactive ? "none" : "refreshToken",
    SessionId: dice.uuid(),
    UniqueTokenIdentifier: dice.uuid().replaceAll("-", "").slice(0, 22),
    TokenIssuerType: app.isCloudIssued ? "AzureAD" : "ADFederationServices",
    IsThroughGlobalSecureAccess: signIn.device !== undefined && dice.chance(world.knobs.network.edge),
  };
}

export function interactiveRow(world: World, dice: Dice, signIn: SignIn): Row {
  const { device, location, policies, status } = details(world, signIn);
  return {
    ...shared(world, dice, signIn, true),
    DeviceDetail: device,
    LocationDetails: location,
    ConditionalAccessPolicies: policies,
    Status: status,
    Type: "SigninLogs",
  };
}

export function nonInteractiveRow(world: World, dice: Dice, signIn: SignIn): Row {
  const { device, location, policies, status } = details(world, signIn);
  return {
    ...shared(world, dice, signIn, false),
    DeviceDetail: JSON.stringify(device),
    LocationDetails: JSON.stringify(location),
    ConditionalAccessPolicies: JSON.stringify(policies),
    Status: JSON.stringify(status),
    Type: "AADNonInteractiveUserSignInLogs",
  };
}

/** A risky sign-in is stopped or settled by a second factor, unless the tenant lets it through. */
function riskOf(world: World, dice: Dice): Pick<SignIn, "risk" | "riskState"> & { readonly isThrough: boolean } {
  if (!dice.chance(0.012)) return { risk: "none", riskState: "none", isThrough: false };
  const isThrough = !dice.chance(world.knobs.identities.riskStopped);
  return { risk: dice.chance(0.3) ? "high" : "medium", riskState: isThrough ? "atRisk" : "remediated", isThrough };
}

function codeOf(world: World, dice: Dice, { device }: User): string {
  if (device.isKnown && !device.isCompliant && dice.chance(world.knobs.devices.refused)) return "53000";
  return dice.chance(0.03) ? dice.pick(CODES) : "0";
}

/** A sign-in as the tenant's controls let it happen. */
export function signInOf(world: World, dice: Dice, time: number, user = dice.pick(world.users)): SignIn {
  const { identities, devices } = world.knobs;
  const app = dice.zipf(world.apps);
  const { isThrough, ...risk } = riskOf(world, dice);
  return {
    time,
    user,
    app,
    code: isThrough ? "0" : codeOf(world, dice, user),
    isMultifactor:
      !isThrough &&
      (risk.risk !== "none" || dice.chance(user.type === "Guest" ? identities.guests : identities.multifactor)),
    isResistant: dice.chance(identities.resistant),
    isLegacy: dice.chance(identities.legacy),
    ...risk,
    isEnforced: app.isCovered && dice.chance(identities.conditionalAccess),
    isDeviceEnforced: user.device.isKnown && user.device.isCompliant && dice.chance(devices.enforced),
    ip: user.ip,
    place: user.place,
    userAgent: user.userAgent,
    device: user.device.isKnown ? user.device : undefined,
  };
}

const sources: readonly EventSource[] = [
  {
    table: "SigninLogs",
    daily: ({ users }) => users.length * 3,
    rhythm: "office",
    rows: (world, dice, time) => {
      const signIn = signInOf(world, dice, time);
      const row = interactiveRow(world, dice, signIn);
      // Whoever is turned away because of the device tries once more.
      return signIn.code === "53000" ? [row, interactiveRow(world, dice, { ...signIn, time: time + RETRY })] : [row];
    },
  },
  {
    table: "AADNonInteractiveUserSignInLogs",
    daily: ({ users }) => users.length * 7,
    rhythm: "office",
    rows: (world, dice, time) => [nonInteractiveRow(world, dice, signInOf(world, dice, time))],
  },
];
export default sources;
