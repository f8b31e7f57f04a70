import type { Dice } from "./dice.ts";
import { PLACES, type Place } from "./register.ts";
import { blobRow } from "./tables/data.ts";
import { activityRow } from "./tables/platform.ts";
import { interactiveRow, type SignIn, signInOf } from "./tables/sign-ins.ts";
import { DAY, HOUR, type Row } from "./types.ts";
import type { User, World } from "./world.ts";

type Rows = Map<string, Row[]>;

export interface Everyday {
  readonly rows: ReadonlyMap<string, readonly Row[]>;
  /** User principal name → times, from and to, in which the user is not where the tenant's rhythm has it. */
  readonly absences: ReadonlyMap<string, readonly (readonly [number, number])[]>;
}

type Absences = Map<string, (readonly [number, number])[]>;

const put = (rows: Rows, table: string, row: Row): void => {
  const known = rows.get(table);
  if (known) known.push(row);
  else rows.set(table, [row]);
};

const plain = { code: "0", isMultifactor: true, risk: "none", riskState: "none" } as const;

/** Sign-ins of one user over some days, from another network, place or client. */
function stay(
  world: World,
  dice: Dice,
  rows: Rows,
  user: User,
  from: number,
  days: number,
  changes: Partial<SignIn>,
): void {
  for (let day = 0; day < days; day++) {
    for (let i = dice.int(1, 4); i > 0; i--) {
      const time = from + day * DAY + dice.int(8, 17) * HOUR + dice.int(0, HOUR);
      const signIn = { ...signInOf(world, dice, time, user), ...plain, ...changes };
      put(rows, "SigninLogs", interactiveRow(world, dice, signIn));
    }
  }
}

/** People travel, buy telephones and change their provider at home. */
function moves(world: World, dice: Dice, rows: Rows, absences: Absences, day: number): void {
  const { users } = world;
  for (let i = dice.poisson(users.length * 0.002); i > 0; i--) {
    const user = dice.pick(users);
    const place = dice.pick(PLACES.filter(({ city }) => city !== user.place.city));
    const days = dice.int(2, 4);
    stay(world, dice, rows, user, day + DAY, days, { place, ip: `${place.prefix}.${dice.int(1, 254)}` });
    // The day of the journey, the days there, and the day of the return.
    const known = absences.get(user.upn) ?? [];
    absences.set(user.upn, [...known, [day + 8 * HOUR, day + (days + 2) * DAY]]);
  }
  for (let i = dice.poisson(users.length * 0.003); i > 0; i--) {
    const user = dice.pick(users);
    const userAgent = `Mozilla/5.0 (iPhone; CPU iPhone OS 19_${dice.int(0, 4)} like Mac OS X) Safari/605.1.15`;
    stay(world, dice, rows, user, day, dice.int(3, 6), { userAgent, device: undefined, isDeviceEnforced: false });
  }
  for (let i = dice.poisson(users.length * 0.004); i > 0; i--) {
    const user = dice.pick(users);
    // Few providers serve the homes of a country.
    const place: Place = { ...user.place, asn: String(64500 + dice.int(0, 3)) };
    const ip = `192.0.${10 + dice.int(0, 3)}.${dice.int(1, 254)}`;
    stay(world, dice, rows, user, day, dice.int(1, 8), { place, ip });
  }
}

/** People forget their passwords, and press the wrong button on the telephone. */
function slips(world: World, dice: Dice, rows: Rows, day: number): void {
  const { users } = world;
  for (let i = dice.poisson(users.length * 0.01); i > 0; i--) {
    const user = dice.pick(users);
    const start = day + dice.int(7, 17) * HOUR;
    const tries = dice.int(2, 6);
    for (let k = 0; k <= tries; k++) {
      const signIn = { ...signInOf(world, dice, start + k * dice.int(10_000, 50_000), user), ...plain };
      put(rows, "SigninLogs", interactiveRow(world, dice, { ...signIn, code: k === tries ? "0" : "50126" }));
    }
  }
  for (let i = dice.poisson(users.length * 0.003); i > 0; i--) {
    const time = day + dice.int(7, 17) * HOUR;
    const signIn = { ...signInOf(world, dice, time, dice.pick(users)), ...plain, code: "500121" };
    put(rows, "SigninLogs", interactiveRow(world, dice, signIn));
  }
}

/** People copy folders, clean up, and administrators rebuild things. */
function chores(world: World, dice: Dice, rows: Rows, day: number): void {
  const copy = (count: number, name: string, changes: Row): void => {
    const user = dice.pick(world.users);
    const start = day + dice.int(8, 16) * HOUR;
    for (let k = 0; k < count; k++) {
      const row = blobRow(world, dice, start + k * 9000, user, `${name}/${k}`, Math.round(dice.skewed(80_000, 1)));
      const own = {
        AuthenticationType: "OAuth",
        AuthenticationHash: "",
        RequesterObjectId: user.id,
        RequesterUpn: user.upn,
      };
      put(rows, "StorageBlobLogs", { ...row, ...own, ...changes });
    }
  };
  for (let i = dice.poisson(world.users.length * 0.004); i > 0; i--) copy(dice.int(15, 60), "folder", {});
  const deletion = { OperationName: "DeleteBlob", Category: "StorageDelete" };
  for (let i = dice.poisson(world.users.length * 0.003); i > 0; i--) copy(dice.int(3, 20), "old", deletion);
  for (let i = dice.poisson(1 + world.users.length * 0.0005); i > 0; i--) {
    const admin = dice.pick(world.admins);
    const start = day + dice.int(8, 16) * HOUR;
    for (let k = dice.int(1, 8); k > 0; k--) {
      const { id, type } = dice.pick(world.resources);
      put(
        rows,
        "AzureActivity",
        activityRow(world, dice, start + k * 60_000, admin, { name: `${type}/delete`, resourceId: id }),
      );
    }
  }
  for (let i = dice.poisson(1); i > 0; i--) {
    const { id } = dice.pick(world.ofType("microsoft.storage/storageaccounts"));
    const operation = { name: "Microsoft.Storage/storageAccounts/listKeys/action", resourceId: id };
    const caller = dice.chance(0.7) ? dice.pick(world.pipelines) : dice.pick(world.admins);
    put(rows, "AzureActivity", activityRow(world, dice, day + dice.int(8, 16) * HOUR, caller, operation));
  }
}

/** Harmless oddities of every day that a careless detector takes for attacks. The same dice give the same rows. */
export function everyday(world: World, dice: Dice, span: { readonly start: number; readonly end: number }): Everyday {
  const [rows, absences]: [Rows, Absences] = [new Map(), new Map()];
  for (let day = Math.ceil(span.start / DAY) * DAY; day < span.end; day += DAY) {
    const weekday = new Date(day).getUTCDay();
    if (weekday === 0 || weekday === 6) continue;
    moves(world, dice, rows, absences, day);
    slips(world, dice, rows, day);
    chores(world, dice, rows, day);
  }
  return { rows, absences };
}
