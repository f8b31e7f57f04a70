import { Dice, inShare } from "./dice.ts";
import { type KnobChanges, type Knobs, knobsOf, type Profile } from "./levels.ts";
import { APPLICATIONS, FIRST_NAMES, LAST_NAMES, PLACES, type Place, RESOURCE_TYPES } from "./register.ts";

export interface Device {
  readonly id: string;
  readonly name: string;
  readonly os: string;
  readonly isKnown: boolean;
  readonly isCompliant: boolean;
  /** Sensor and disk encryption in order. */
  readonly isProtected: boolean;
  readonly isStale: boolean;
}

export interface User {
  readonly id: string;
  readonly name: string;
  readonly upn: string;
  readonly type: "Member" | "Guest";
  readonly isAdmin: boolean;
  readonly place: Place;
  readonly ip: string;
  readonly device: Device;
  readonly userAgent: string;
}

/** A device that is managed, with whom it is registered to. */
export interface Managed {
  readonly device: Device;
  readonly upn: string;
  readonly ip: string;
}

export interface App {
  readonly id: string;
  readonly name: string;
  readonly isCovered: boolean;
  /** Entra ID issues its tokens, not AD FS. */
  readonly isCloudIssued: boolean;
}

/** A virtual machine. */
export interface Machine {
  readonly name: string;
  readonly resourceId: string;
}

export interface Host extends Machine {
  /** `resource group/name`, as Traffic Analytics writes it. */
  readonly vm: string;
  readonly ip: string;
  readonly subnet: Subnet;
  readonly mac: string;
}

export interface Subnet {
  readonly name: string;
  readonly network: string;
  readonly prefix: string;
  readonly index: number;
  readonly isLogged: boolean;
  readonly isGuarded: boolean;
}

export interface Resource {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly isLogged: boolean;
  /** Whether people change it by hand. */
  readonly isTouched: boolean;
}

/** The tenant: everything that exists, and how well it is run. */
export interface World {
  readonly tenantId: string;
  readonly workspaceId: string;
  readonly subscriptionId: string;
  readonly domain: string;
  readonly knobs: Knobs;
  readonly users: readonly User[];
  readonly admins: readonly User[];
  /** The devices that the users sign in from, then their other ones and shared ones. */
  readonly fleet: readonly Managed[];
  readonly apps: readonly App[];
  readonly hosts: readonly Host[];
  /** Machines of a pool, which report that they are up and have no traffic of their own. */
  readonly desktops: readonly Machine[];
  readonly subnets: readonly Subnet[];
  readonly resources: readonly Resource[];
  readonly pipelines: readonly string[];
  /** Resources of a type, in the form `microsoft.storage/storageaccounts`. */
  readonly ofType: (type: string) => readonly Resource[];
}

const SUBNETS = 24;
const DESKTOPS = 270;
/** Besides the one that the user signs in from. */
const OTHER_DEVICES = [
  { prefix: "TEL", os: "Ios 18" },
  { prefix: "TAB", os: "Android 15" },
  { prefix: "KSK", os: "Windows 11" },
] as const;
const ZERO_PAD = (value: number, width: number): string => String(value).padStart(width, "0");

export function createWorld(profile: Profile, users: number, seed: number, changes?: KnobChanges): World {
  const dice = Dice.of(seed, "world");
  const knobs = knobsOf(profile, changes);
  const subscriptionId = dice.uuid();
  const people = Array.from({ length: users }, (_, index) => createUser(index, users, dice, knobs));
  const subnets = createSubnets(knobs);
  const hosts = createHosts(Math.max(30, Math.round(users / 8)), subnets, subscriptionId);
  const desktops = createDesktops(subscriptionId);
  const resources = createResources(users, [...hosts, ...desktops], subscriptionId, knobs);
  const byType = Map.groupBy(resources, (resource) => resource.type);
  return {
    tenantId: dice.uuid(),
    workspaceId: dice.uuid(),
    subscriptionId,
    domain: "contoso.com",
    knobs,
    users: people,
    admins: people.filter((user) => user.isAdmin),
    fleet: createFleet(people, Dice.of(seed, "fleet"), knobs),
    apps: APPLICATIONS.map(([id, name], index) => ({
      id,
      name,
      isCovered: isCovered(index, knobs),
      isCloudIssued: inShare(index, knobs.identities.cloudIssued),
    })),
    hosts,
    desktops,
    subnets,
    resources,
    pipelines: Array.from({ length: 4 }, () => dice.uuid()),
    ofType: (type) => byType.get(type) ?? [],
  };
}

/** Uncovered applications are the least used ones: that is where coverage is lost first. */
const isCovered = (index: number, { applications }: Knobs): boolean =>
  index < Math.round(APPLICATIONS.length * applications.covered);

function createUser(index: number, users: number, dice: Dice, knobs: Knobs): User {
  const first = FIRST_NAMES[index % FIRST_NAMES.length] ?? "";
  const last = LAST_NAMES[Math.floor(index / FIRST_NAMES.length) % LAST_NAMES.length] ?? "";
  const round = Math.floor(index / (FIRST_NAMES.length * LAST_NAMES.length));
  const isGuest = index % 20 === 19;
  const account = `${first}.${last}${round > 0 ? round : ""}`.toLowerCase();
  const place = PLACES[dice.chance(0.8) ? 0 : dice.int(0, PLACES.length - 1)] as Place;
  const os = dice.chance(0.75) ? "Windows 11" : dice.pick(["MacOs", "Ios 18", "Android 15"]);
  return {
    id: dice.uuid(),
    name: `${first} ${last}`,
    upn: isGuest ? `${account}@example.com` : `${account}@contoso.com`,
    type: isGuest ? "Guest" : "Member",
    isAdmin: index < Math.max(3, Math.round(users * 0.02)),
    place,
    ip: `${place.prefix}.${dice.int(1, 254)}`,
    device: createDevice(index, `PC-${ZERO_PAD(index + 1, 5)}`, os, dice.uuid(), knobs),
    userAgent: `Mozilla/5.0 (${os}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/14${dice.int(0, 3)}.0.0.0 Safari/537.36 Edg/14${dice.int(0, 3)}.0.0.0`,
  };
}

function createDevice(index: number, name: string, os: string, id: string, { devices }: Knobs): Device {
  return {
    id,
    name,
    os,
    // Out of step with compliance, so that the few of both kinds are different devices.
    isKnown: inShare(index + 7, devices.known),
    isCompliant: inShare(index, devices.compliant),
    isProtected: inShare(index, devices.protected),
    isStale: inShare(index, devices.stale),
  };
}

function createFleet(people: readonly User[], dice: Dice, knobs: Knobs): Managed[] {
  const others = OTHER_DEVICES.flatMap(({ prefix, os }, kind) =>
    people.map(({ upn, ip }, index) => {
      const name = `${prefix}-${ZERO_PAD(index + 1, 5)}`;
      return { device: createDevice((kind + 1) * people.length + index, name, os, dice.uuid(), knobs), upn, ip };
    }),
  );
  return [...people.map(({ device, upn, ip }) => ({ device, upn, ip })), ...others];
}

function createSubnets(knobs: Knobs): Subnet[] {
  return Array.from({ length: SUBNETS }, (_, index) => {
    const network = `rg-network/vnet-${Math.floor(index / 6) + 1}`;
    return {
      name: `${network}/snet-${(index % 6) + 1}`,
      network,
      prefix: `10.${Math.floor(index / 6) + 1}.${index % 6}`,
      index,
      isLogged: inShare(index, knobs.network.logged),
      isGuarded: inShare(index, knobs.network.guarded),
    };
  });
}

function createHosts(count: number, subnets: readonly Subnet[], subscription: string): Host[] {
  return Array.from({ length: count }, (_, index) => {
    const subnet = subnets[index % subnets.length] as Subnet;
    const name = `srv-${ZERO_PAD(index + 1, 4)}`;
    return {
      name,
      vm: `rg-compute/${name}`,
      ip: `${subnet.prefix}.${4 + (Math.floor(index / subnets.length) % 250)}`,
      subnet,
      resourceId: machineId(subscription, name),
      mac: `00224800${index.toString(16).padStart(4, "0").toUpperCase()}`,
    };
  });
}

const machineId = (subscription: string, name: string): string =>
  `/subscriptions/${subscription}/resourcegroups/rg-compute/providers/microsoft.compute/virtualmachines/${name}`;

function createDesktops(subscription: string): Machine[] {
  return Array.from({ length: DESKTOPS }, (_, index) => {
    const name = `avd-${ZERO_PAD(index + 1, 4)}`;
    return { name, resourceId: machineId(subscription, name) };
  });
}

function createResources(users: number, virtual: readonly Machine[], subscription: string, knobs: Knobs): Resource[] {
  const machines = virtual.map(({ name, resourceId: id }) => ({ id, name, type: "microsoft.compute/virtualmachines" }));
  const others = RESOURCE_TYPES.flatMap(({ type, prefix, per, least }) =>
    Array.from({ length: Math.max(least, Math.round(users * per)) }, (_, index) => {
      const name = `${prefix}${ZERO_PAD(index + 1, 3)}`;
      return { id: `/subscriptions/${subscription}/resourcegroups/rg-platform/providers/${type}/${name}`, name, type };
    }),
  );
  return [...others, ...machines].map((resource, index) => ({
    ...resource,
    isLogged: inShare(index, knobs.infrastructure.logged),
    isTouched: inShare(index, knobs.infrastructure.touched),
  }));
}
