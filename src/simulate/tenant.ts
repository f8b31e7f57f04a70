import { UsageError } from "../core/errors.ts";
import type { DialSettings } from "./dial.ts";
import { knobsFor, SetDials } from "./dialled.ts";
import { Dice } from "./dice.ts";
import { type Everyday, everyday } from "./everyday.ts";
import { PROFILES, type Profile } from "./levels.ts";
import { attacksNamed, dials as knownDials, sources } from "./registry.ts";
import { activity } from "./rhythm.ts";
import { type Attack, HOUR, type Injection, iso, type Row, type Source } from "./types.ts";
import { createWorld, type World } from "./world.ts";

/** What makes a tenant: the same choices give the same rows. */
export interface TenantOptions {
  readonly users?: number;
  readonly days?: number;
  readonly seed?: number;
  readonly profile?: Profile;
  /** Names of attacks, or `all`; default: those of a tour. */
  readonly attacks?: readonly string[];
  /** Adds harmless oddities: travel, new telephones, forgotten passwords, clean-ups. */
  readonly everyday?: boolean;
  /** Criterion → the share that it measures, exact to one event but for what attacks and oddities add. */
  readonly dials?: DialSettings;
  /** About how many rows there are; default: what the tenant's size gives. */
  readonly rows?: number;
  /** The moment the simulation ends, ISO 8601. */
  readonly end?: string;
}

export interface GroundTruth {
  readonly attack: string;
  readonly pillar: string;
  readonly detector: string;
  readonly subject: string;
  readonly start: string;
  readonly end: string;
  readonly rows: number;
}

const DEFAULTS = { users: 200, days: 30, seed: 1, profile: "mixed", end: "2026-06-30T18:00:00Z" } as const;

const NOTHING: Everyday = { rows: new Map(), absences: new Map() };

export interface Run {
  readonly users: number;
  readonly days: number;
  readonly seed: number;
  readonly profile: Profile;
  readonly dials?: DialSettings;
  /** ms */
  readonly start: number;
  readonly end: number;
  readonly world: World;
  readonly tables: ReadonlyMap<string, readonly Source[]>;
  /** Factor on the number of events. */
  readonly volume: number;
  readonly injections: readonly Injection[];
  readonly harmless: Everyday;
  readonly set: SetDials;
  /** The tenant that a table's rows come from. */
  readonly worldOf: (table: string) => World;
  readonly attacks: readonly GroundTruth[];
}

/** Everything about a tenant but its rows. Throws UsageError for options that make no sense. */
export async function runOf(options: TenantOptions): Promise<Run> {
  const { users, days, seed, profile, end } = { ...DEFAULTS, ...options };
  check(users, days, profile);
  const until = Date.parse(end);
  if (Number.isNaN(until)) throw new UsageError(`${end} is not an ISO 8601 time.`);
  const world = createWorld(profile, users, seed);
  const span = { start: until - days * 24 * HOUR, end: until };
  const [all, known, chosen] = [await sources(), await knownDials(), await attacksNamed(options.attacks)];
  const injections = chosen.map((attack) => attack.inject(world, Dice.of(seed, `attack ${attack.name}`), span));
  const settings = options.dials ?? {};
  return {
    users,
    days,
    seed,
    profile,
    ...(options.dials && { dials: options.dials }),
    ...span,
    world,
    tables: Map.groupBy(all, (source) => source.table),
    volume: options.rows === undefined ? 1 : options.rows / Math.max(1, expectedRows(all, world, span)),
    injections,
    harmless: options.everyday ? everyday(world, Dice.of(seed, "everyday"), span) : NOTHING,
    set: new SetDials(known, settings, { world, ...span }),
    worldOf: (table) => {
      const knobs = knobsFor(table, known, settings);
      return knobs ? createWorld(profile, users, seed, knobs) : world;
    },
    attacks: injections.map((injection, index) => truthOf(chosen[index] as Attack, injection)),
  };
}

function check(users: number, days: number, profile: string): void {
  if (!Number.isInteger(users) || users < 5 || users > 1_000_000)
    throw new UsageError("users is a whole number from 5 to 1,000,000.");
  if (!Number.isInteger(days) || days < 1 || days > 400) throw new UsageError("days is a whole number from 1 to 400.");
  if (!(PROFILES as readonly string[]).includes(profile))
    throw new UsageError(`${profile} is no profile: ${PROFILES.join(", ")}.`);
}

function truthOf({ name, pillar, detector }: Attack, { subject, start, end, rows }: Injection): GroundTruth {
  const count = [...rows.values()].reduce((sum, list) => sum + list.length, 0);
  return { attack: name, pillar, detector, subject, start: iso(start), end: iso(end), rows: count };
}

function expectedRows(all: readonly Source[], world: World, { start, end }: { start: number; end: number }): number {
  let expected = 0;
  for (const source of all) {
    if (!("daily" in source)) continue;
    for (let hour = start; hour < end; hour += HOUR) expected += source.daily(world) * activity(source.rhythm, hour);
  }
  return expected;
}

/** The rows of a table, hour by hour. Tables are asked in the order of `run.tables`: a dial's entities are dealt in it. */
export function* hoursOf(run: Run, table: string, own: readonly Source[]): Iterable<readonly Row[]> {
  const dice = Dice.of(run.seed, table);
  const world = run.worldOf(table);
  const injected = injectedRows(run, table);
  const [first, last] = [iso(run.start), iso(run.end)];
  const isWritten = (row: Row): boolean => {
    const at = row.TimeGenerated as string;
    return at >= first && at <= last && !isSuppressed(run, table, row);
  };
  yield run.set.cohort(table).filter(isWritten);
  let next = 0;
  for (let hour = run.start; hour < run.end; hour += HOUR) {
    const stop = iso(Math.min(hour + HOUR, run.end + 1));
    const rows: Row[] = [];
    for (const row of hourRows(run, world, own, dice, hour))
      if (!isAbsent(run, row, hour) && isWritten(row)) rows.push(...run.set.apply(table, row).filter(isWritten));
    for (; next < injected.length && (injected[next]?.TimeGenerated as string) < stop; next++)
      if (isWritten(injected[next] as Row)) rows.push(injected[next] as Row);
    yield rows;
  }
}

function injectedRows({ injections, harmless }: Run, table: string): Row[] {
  return [
    ...injections.flatMap((injection) => injection.rows.get(table) ?? []),
    ...(harmless.rows.get(table) ?? []),
  ].toSorted((a, b) => ((a.TimeGenerated as string) < (b.TimeGenerated as string) ? -1 : 1));
}

const isSuppressed = ({ injections }: Run, table: string, row: Row): boolean =>
  injections.some((injection) => injection.suppresses?.(table, row, Date.parse(row.TimeGenerated as string)));

/** Whether a row is of somebody who is elsewhere at that time. */
function isAbsent({ harmless }: Run, row: Row, time: number): boolean {
  const absences = harmless.absences.get(row.UserPrincipalName as string);
  return absences?.some(([from, to]) => time >= from && time < to) ?? false;
}

function* hourRows(
  { end, volume }: Run,
  world: World,
  own: readonly Source[],
  dice: Dice,
  hour: number,
): Iterable<Row> {
  for (const source of own) {
    if ("everyHours" in source) {
      // Counted back from the end, so that the newest state is never a whole interval old.
      const age = Math.round((end - hour) / HOUR);
      if ((age - 1) % source.everyHours === 0) yield* source.rows(world, dice, hour);
      continue;
    }
    const events = dice.poisson(source.daily(world) * activity(source.rhythm, hour) * volume);
    const times = Array.from({ length: events }, () => hour + Math.floor(dice.unit() * HOUR)).sort((a, b) => a - b);
    for (const time of times) yield* source.rows(world, dice, time);
  }
}
