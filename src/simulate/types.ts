import type { Pillar } from "../core/maturity.ts";
import type { Dice } from "./dice.ts";
import type { World } from "./world.ts";

/** A row as Log Analytics stores it: column → value, dynamic columns as JSON values, datetimes as ISO text. */
export type Row = Record<string, unknown>;

export type Rhythm = "office" | "always";

/** Events that happen at random moments. */
export interface EventSource {
  readonly table: string;
  /** Expected events on a working day. */
  readonly daily: (world: World) => number;
  readonly rhythm: Rhythm;
  /** The rows of one event; `time` in milliseconds since the Unix epoch. */
  readonly rows: (world: World, dice: Dice, time: number) => readonly Row[];
}

/** State that is reported at fixed intervals. */
export interface SnapshotSource {
  readonly table: string;
  readonly everyHours: number;
  readonly rows: (world: World, dice: Dice, time: number) => Iterable<Row>;
}

export type Source = EventSource | SnapshotSource;

/** An attack, injected between `start` and `end` (ms). */
export interface Injection {
  readonly subject: string;
  readonly start: number;
  readonly end: number;
  /** Table → extra rows. */
  readonly rows: ReadonlyMap<string, readonly Row[]>;
  /** Whether a row is swallowed by the attack. */
  readonly suppresses?: (table: string, row: Row, time: number) => boolean;
}

export interface Attack {
  readonly name: string;
  readonly pillar: Pillar;
  /** The detector that must see it. */
  readonly detector: string;
  /** Injected only where it is named, or all are asked for. */
  readonly onRequest?: boolean;
  /** `span` is the simulated time; an attack keeps the first half of it free, so that baselines exist. */
  readonly inject: (world: World, dice: Dice, span: { readonly start: number; readonly end: number }) => Injection;
}

/** Turns the rows of a table into the text of one export file. */
export interface Shape {
  /** File name of a table's export, without compression suffix. */
  file(table: string): string;
  /** Text before the first row. */
  head(table: string): string;
  encode(table: string, row: Row): string;
}

export const iso = (time: number): string => new Date(time).toISOString();
export const HOUR = 3_600_000;
export const DAY = 86_400_000;
