import { UsageError } from "../core/errors.ts";
import { LADDER, type LadderStage } from "../core/maturity.ts";
import { inShare } from "./dice.ts";
import type { KnobChanges } from "./levels.ts";
import type { Row } from "./types.ts";
import type { World } from "./world.ts";

/*
 * A dial sets what one criterion measures: numerator / denominator. It leaves the tenant's rows as they are and changes,
 * of those that the criterion counts, only the columns that decide whether they count in the numerator too, so that
 * the other criteria keep their states.
 */

/** What a change may look at besides its row. Times in ms. */
export interface Scene {
  readonly world: World;
  readonly start: number;
  readonly end: number;
}

export interface Turn extends Scene {
  /** Position of the entity among those that count. */
  readonly index: number;
  /** Position of the row among those of its entity. */
  readonly nth: number;
  /** What the dial is set to. */
  readonly share: number;
}

/** Columns to set, or what stands in the place of the row: no row, one or several. */
export type Change = Row | ((row: Row, turn: Turn) => readonly Row[]);

/** Columns that a row must have, each with its value or one of several; or a test. */
export type Match = Row | ((row: Row, scene: Scene) => boolean);

/** Entities count or not: rows with the same key share their fate, without `by` each row is an entity. */
export interface EntityRule {
  readonly table: string;
  readonly of: Match;
  readonly by?: string | ((row: Row, scene: Scene) => string);
  /** The share of this rule's entities when the criterion has others, which always count. */
  readonly share?: (value: number, scene: Scene) => number;
  readonly yes: Change;
  readonly no: Change;
  /** The entity counts at this stage and those with wider targets, not at narrower ones; the widest first. */
  readonly partial?: Readonly<Partial<Record<LadderStage, Change>>>;
}

/** A row stands for an amount, of which a part counts. */
export interface AmountRule {
  readonly table: string;
  readonly of: Match;
  readonly by?: string;
  readonly amount: (row: Row) => number;
  readonly set: (counted: number, amount: number) => Row;
}

/** Every matching row is changed, whatever the share. */
export interface EveryRule {
  readonly table: string;
  readonly of: Match;
  readonly every: Change;
}

/** Entities of its own instead of the tenant's; `rows` gives their rows by table. */
export interface Cohort {
  readonly size: number;
  readonly rows: (counts: boolean, turn: Turn & { readonly time: number }) => readonly (readonly [string, Row])[];
}

export type Rule = EntityRule | AmountRule | EveryRule;

export interface Dial {
  readonly rules: readonly Rule[];
  readonly cohort?: Cohort;
  /** How the tenant is that the rows of the rules' tables come from, where a lesser one would not have them. */
  readonly knobs?: KnobChanges;
  /** The stage with the narrowest target, where `partial` sets others. Default: optimal. */
  readonly narrowest?: LadderStage;
}

/** A share for all stages, or one per stage where the criterion's target differs per stage. */
export type DialSetting = number | Readonly<Partial<Record<LadderStage, number>>>;

export type DialSettings = Readonly<Record<string, DialSetting>>;

/** Full rows from columns to set. */
export const edit =
  (columns: (row: Row, turn: Turn) => Row) =>
  (row: Row, turn: Turn): readonly Row[] => [{ ...row, ...columns(row, turn) }];

export const drop = (): readonly Row[] => [];

export const keep: Row = {};

export const timeOf = (row: Row): number => Date.parse(row.TimeGenerated as string);

/** Stages with targets of their own, the widest first. */
export function stagesOf({ rules, narrowest = "optimal" }: Dial): readonly LadderStage[] {
  const partial = rules.flatMap((rule) => ("partial" in rule && rule.partial ? Object.keys(rule.partial) : []));
  return partial.length === 0 ? [] : [...new Set(partial as LadderStage[]), narrowest];
}

/** The share of each stage; a stage without one takes that of the next lower stage, or else of the lowest that has one. */
function shareAt(setting: Exclude<DialSetting, number>, stage: LadderStage): number {
  const given = LADDER.filter((step) => setting[step] !== undefined);
  const own = given.filter((step) => LADDER.indexOf(step) <= LADDER.indexOf(stage)).at(-1) ?? given[0];
  return (own && setting[own]) ?? 1;
}

/** Shares by stage, the widest target first. Throws UsageError for what no tenant can be. */
export function sharesOf(id: string, dial: Dial, setting: DialSetting): readonly (readonly [LadderStage, number])[] {
  const stages = stagesOf(dial);
  const given = typeof setting === "number" ? [setting] : Object.values(setting);
  if (given.length === 0 || given.some((share) => !(share >= 0 && share <= 1)))
    throw new UsageError(`The dial ${id} takes a share from 0 to 1.`);
  if (typeof setting === "number") return (stages.length > 0 ? stages : LADDER.slice(-1)).map((s) => [s, setting]);
  const stranger = Object.keys(setting).find((stage) => !stages.includes(stage as LadderStage));
  if (stranger !== undefined) {
    const known = stages.length > 0 ? `a share of its own for ${stages.join(", ")}` : "one share for all stages";
    throw new UsageError(`The dial ${id} has ${known}, not for ${stranger}.`);
  }
  const shares = stages.map((stage) => [stage, shareAt(setting, stage)] as const);
  for (const [i, [stage, share]] of shares.entries()) {
    const wider = shares[i - 1];
    if (wider && share > wider[1])
      throw new UsageError(
        `The dial ${id} cannot count more at ${stage} (${share}) than at ${wider[0]} (${wider[1]}).`,
      );
  }
  return shares;
}

/** Deals out fates so that after any number of entities the shares are exact to one entity. */
export class Dealer {
  readonly #shares: readonly (readonly [LadderStage, number])[];
  readonly #seen: number[];

  /** @param shares by stage, the widest first */
  constructor(shares: readonly (readonly [LadderStage, number])[]) {
    this.#shares = shares.toReversed();
    this.#seen = shares.map(() => 0);
  }

  /** The narrowest stage whose target the next entity meets; undefined: it counts at none. */
  next(): LadderStage | undefined {
    let below = 0;
    for (const [i, [stage, share]] of this.#shares.entries()) {
      const seen = this.#seen[i] ?? 0;
      this.#seen[i] = seen + 1;
      if (inShare(seen, below >= 1 ? 0 : (share - below) / (1 - below))) return stage;
      below = share;
    }
    return undefined;
  }
}
