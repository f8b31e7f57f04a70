import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "../core/errors.ts";
import { Dice } from "./dice.ts";
import { type Everyday, everyday } from "./everyday.ts";
import { PROFILES, type Profile } from "./levels.ts";
import { attacksNamed, shapeNamed, sources } from "./registry.ts";
import { activity } from "./rhythm.ts";
import { Sink } from "./sink.ts";
import { type Attack, HOUR, type Injection, iso, type Row, type Shape, type Source } from "./types.ts";
import { createWorld, type World } from "./world.ts";

export interface SimulateOptions {
  /** Folder to write into; created when it does not exist. */
  readonly out: string;
  readonly users?: number;
  readonly days?: number;
  readonly seed?: number;
  readonly profile?: Profile;
  /** Names of attacks, or `all`; default: those of a tour. */
  readonly attacks?: readonly string[];
  /** Adds harmless oddities: travel, new telephones, forgotten passwords, clean-ups. */
  readonly everyday?: boolean;
  /** Writes these tables only; default: all. */
  readonly tables?: readonly string[];
  /** Export shape; default `ndjson`, the rows of Log Analytics. */
  readonly format?: string;
  readonly gzip?: boolean;
  /** About how many rows to write; default: what the tenant's size gives. */
  readonly rows?: number;
  /** The moment the simulation ends, ISO 8601. */
  readonly end?: string;
  readonly onTable?: (table: string, rows: number) => void;
}

export interface Manifest {
  /** First, so that a reader of logs knows this file for what it is. */
  readonly generator: "ztlens simulate";
  readonly seed: number;
  readonly profile: Profile;
  readonly users: number;
  readonly days: number;
  readonly start: string;
  readonly end: string;
  readonly format: string;
  readonly rows: number;
  readonly files: readonly { readonly file: string; readonly table: string; readonly rows: number }[];
  readonly attacks: readonly GroundTruth[];
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

const DEFAULTS = {
  users: 200,
  days: 30,
  seed: 1,
  profile: "mixed",
  format: "ndjson",
  end: "2026-06-30T18:00:00Z",
} as const;

const NOTHING: Everyday = { rows: new Map(), absences: new Map() };

interface Run {
  readonly world: World;
  readonly seed: number;
  readonly start: number;
  readonly end: number;
  /** Factor on the number of events. */
  readonly volume: number;
  readonly injections: readonly Injection[];
  readonly harmless: Everyday;
}

/**
 * Writes the exported logs of a synthetic tenant: one file per table, `ground-truth.jsonl` with what was injected and
 * `manifest.json` with what was written. The same options give the same bytes. Memory is bounded by one table's hour.
 * Throws UsageError for options that make no sense.
 */
export async function simulate(options: SimulateOptions): Promise<Manifest> {
  const { users, days, seed, profile, format, end } = { ...DEFAULTS, ...options };
  check(users, days, profile);
  const until = Date.parse(end);
  if (Number.isNaN(until)) throw new UsageError(`${end} is not an ISO 8601 time.`);
  const world = createWorld(profile, users, seed);
  const span = { start: until - days * 24 * HOUR, end: until };
  const all = await sources();
  const chosen = await attacksNamed(options.attacks);
  const injections = chosen.map((attack) => attack.inject(world, Dice.of(seed, `attack ${attack.name}`), span));
  const harmless = options.everyday ? everyday(world, Dice.of(seed, "everyday"), span) : NOTHING;
  const volume = options.rows === undefined ? 1 : options.rows / Math.max(1, expectedRows(all, world, span));
  const shape = await shapeNamed(format);
  mkdirSync(options.out, { recursive: true });
  const run: Run = { world, seed, ...span, volume, injections, harmless };
  const files: { file: string; table: string; rows: number }[] = [];
  for (const [table, own] of Map.groupBy(all, (source) => source.table)) {
    if (options.tables && !options.tables.includes(table)) continue;
    const file = `${shape.file(table)}${options.gzip ? ".gz" : ""}`;
    const rows = await writeTable(run, table, own, shape, new Sink(join(options.out, file), options.gzip === true));
    files.push({ file, table, rows });
    options.onTable?.(table, rows);
  }
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const attacks = injections.map((injection, index) => truthOf(chosen[index] as Attack, injection));
  const manifest: Manifest = {
    generator: "ztlens simulate",
    seed,
    profile,
    users,
    days,
    start: iso(span.start),
    end: iso(span.end),
    format,
    rows,
    files,
    attacks,
  };
  writeFileSync(join(options.out, "ground-truth.jsonl"), attacks.map((truth) => `${JSON.stringify(truth)}\n`).join(""));
  writeFileSync(join(options.out, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
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

async function writeTable(run: Run, table: string, own: readonly Source[], shape: Shape, sink: Sink): Promise<number> {
  const head = shape.head(table);
  if (head !== "") sink.add(head);
  const dice = Dice.of(run.seed, table);
  const injected = injectedRows(run, table);
  const [first, last] = [iso(run.start), iso(run.end)];
  let count = 0;
  let next = 0;
  const write = (row: Row): void => {
    const at = row.TimeGenerated as string;
    if (at < first || at > last || isSuppressed(run, table, row)) return;
    sink.add(shape.encode(table, row));
    count++;
  };
  for (let hour = run.start; hour < run.end; hour += HOUR) {
    const stop = iso(Math.min(hour + HOUR, run.end + 1));
    for (const row of hourRows(run, own, dice, hour)) if (!isAbsent(run, row, hour)) write(row);
    for (; next < injected.length && (injected[next]?.TimeGenerated as string) < stop; next++)
      write(injected[next] as Row);
    await sink.drain();
  }
  await sink.close();
  return count;
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

function* hourRows({ world, end, volume }: Run, own: readonly Source[], dice: Dice, hour: number): Iterable<Row> {
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
