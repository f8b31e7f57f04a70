import { UsageError } from "../core/errors.ts";
import type { LadderStage } from "../core/maturity.ts";
import {
  type Change,
  Dealer,
  type Dial,
  type DialSetting,
  type DialSettings,
  type Match,
  type Rule,
  type Scene,
  sharesOf,
  type Turn,
} from "./dial.ts";
import { HOUR, type Row } from "./types.ts";

/** What has been dealt to an entity so far. */
interface Entity {
  readonly index: number;
  readonly stage: LadderStage | undefined;
  readonly counted: number;
  rows: number;
}

function matches(match: Match, row: Row, scene: Scene): boolean {
  if (typeof match === "function") return match(row, scene);
  return Object.entries(match).every(([column, wanted]) =>
    Array.isArray(wanted) ? wanted.includes(row[column]) : row[column] === wanted,
  );
}

const applied = (change: Change, row: Row, turn: Turn): readonly Row[] =>
  typeof change === "function" ? change(row, turn) : [{ ...row, ...change }];

/** One dial at its setting. Entities keep their fate across the tables of its rules. */
class SetDial {
  readonly #dial: Dial;
  readonly #scene: Scene;
  readonly #shares: readonly (readonly [LadderStage, number])[];
  readonly #entities = new Map<string, Entity>();
  readonly #dealers = new Map<unknown, Dealer>();
  #count = 0;
  #amount = 0;
  #counted = 0;

  constructor(id: string, dial: Dial, setting: DialSetting, scene: Scene) {
    this.#dial = dial;
    this.#scene = scene;
    this.#shares = sharesOf(id, dial, setting);
  }

  rules(table: string): readonly Rule[] {
    return this.#dial.rules.filter((rule) => rule.table === table);
  }

  get #share(): number {
    return this.#shares.at(-1)?.[1] ?? 1;
  }

  /** The rows of the cohort's entities in a table. */
  *cohort(table: string): Iterable<Row> {
    const { cohort } = this.#dial;
    if (!cohort) return;
    const dealer = new Dealer(this.#shares);
    const { start, end } = this.#scene;
    for (let index = 0; index < cohort.size; index++) {
      const time = start + HOUR + ((end - start - 2 * HOUR) * (index + 0.5)) / cohort.size;
      const turn = { ...this.#scene, index, nth: 0, share: this.#share, time: Math.floor(time) };
      for (const [where, row] of cohort.rows(dealer.next() !== undefined, turn)) if (where === table) yield row;
    }
  }

  apply(rule: Rule, row: Row): readonly Row[] {
    if (!matches(rule.of, row, this.#scene)) return [row];
    const common = { ...this.#scene, share: this.#share };
    if ("every" in rule) return applied(rule.every, row, { ...common, index: 0, nth: 0 });
    const entity = this.#entityOf(rule, row);
    const nth = entity.rows++;
    if ("amount" in rule) return [{ ...row, ...rule.set(entity.counted, rule.amount(row)) }];
    const narrowest = this.#shares.at(-1)?.[0];
    const partial = entity.stage === undefined ? rule.no : rule.partial?.[entity.stage];
    const change = entity.stage === narrowest ? rule.yes : (partial ?? rule.yes);
    return applied(change, row, { ...common, index: entity.index, nth });
  }

  #entityOf(rule: Exclude<Rule, { every: Change }>, row: Row): Entity {
    const { by } = rule;
    const key = by === undefined ? undefined : typeof by === "string" ? String(row[by]) : by(row, this.#scene);
    const known = key === undefined ? undefined : this.#entities.get(key);
    if (known) return known;
    const isAmount = "amount" in rule;
    const entity: Entity = {
      index: this.#count++,
      stage: isAmount ? undefined : this.#dealerOf(rule.share).next(),
      counted: isAmount ? this.#part(rule.amount(row)) : 0,
      rows: 0,
    };
    if (key !== undefined) this.#entities.set(key, entity);
    return entity;
  }

  /** Rules whose shares are worked out alike deal from one pack. */
  #dealerOf(share: ((value: number, scene: Scene) => number) | undefined): Dealer {
    let dealer = this.#dealers.get(share);
    if (!dealer) {
      const own = (value: number): number => (share ? Math.min(1, Math.max(0, share(value, this.#scene))) : value);
      dealer = new Dealer(this.#shares.map(([stage, value]) => [stage, own(value)] as const));
      this.#dealers.set(share, dealer);
    }
    return dealer;
  }

  /** How much of the next amount counts, so that the sum is exact to one. */
  #part(amount: number): number {
    this.#amount += amount;
    const part = Math.floor(this.#amount * this.#share + 1e-9) - this.#counted;
    this.#counted += part;
    return part;
  }
}

/** The dials that are set, in the order of their criteria. */
export class SetDials {
  readonly #dials: readonly SetDial[];

  /** Throws UsageError for a criterion without a dial and a share that no tenant can have. */
  constructor(known: ReadonlyMap<string, Dial>, settings: DialSettings, scene: Scene) {
    const stranger = Object.keys(settings).find((id) => !known.has(id));
    if (stranger !== undefined)
      throw new UsageError(`There is no dial ${stranger}. Dials are criteria: ${[...known.keys()].join(", ")}.`);
    this.#dials = [...known].flatMap(([id, dial]) => {
      const setting = settings[id];
      return setting === undefined ? [] : [new SetDial(id, dial, setting, scene)];
    });
  }

  /** What a row of the tenant becomes. */
  apply(table: string, row: Row): readonly Row[] {
    let rows: readonly Row[] = [row];
    for (const dial of this.#dials) {
      for (const rule of dial.rules(table)) rows = rows.flatMap((each) => dial.apply(rule, each));
    }
    return rows;
  }

  cohort(table: string): readonly Row[] {
    return this.#dials.flatMap((dial) => [...dial.cohort(table)]);
  }
}

/** The knobs that a table's rows need for the dials that are set; undefined: those of the profile. */
export function knobsFor(
  table: string,
  known: ReadonlyMap<string, Dial>,
  settings: DialSettings,
): Dial["knobs"] | undefined {
  const own = [...known].filter(([id, { rules }]) => id in settings && rules.some((rule) => rule.table === table));
  const knobs = own.flatMap(([, dial]) => (dial.knobs ? [dial.knobs] : []));
  if (knobs.length === 0) return undefined;
  const merged: Record<string, object> = {};
  for (const each of knobs)
    for (const [pillar, some] of Object.entries(each)) merged[pillar] = { ...merged[pillar], ...some };
  return merged as Dial["knobs"];
}
