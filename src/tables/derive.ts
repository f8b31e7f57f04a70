import { emptyRow, isObject, type Json, type JsonObject, type Mapped, type Row, type Sample, text } from "./shape.ts";

/** Names of members from the outside in. */
export type Path = readonly string[];

/** One place where a column's value may lie, and what counts there as no value besides null. */
export interface Place {
  readonly path: Path;
  readonly none: readonly string[];
}

export interface DerivedColumn {
  readonly column: string;
  /** The first place that has a value gives it. */
  readonly places: readonly Place[];
  readonly fold?: "lower" | "upper";
}

/** What a shape's translation of records does, where it only moves values from members to columns. */
export interface Derived {
  readonly table: string;
  readonly columns: readonly DerivedColumn[];
  /** Columns that are the same in every row. */
  readonly constants: ReadonlyMap<string, string>;
  /** Members without a column. */
  readonly lost: readonly string[];
  /** Members at the top that every record has to have with these values. */
  readonly pinned: ReadonlyMap<string, string>;
  /** The column with the member that may decide on the table: each of its values has to be asked for. */
  readonly deciding?: string;
  /** The table of a record with such a value. */
  tableWith(value: string): string | undefined;
}

/** Members of records: those of objects in objects, and `null` where values are. */
export type Members = Map<string, Members | null>;

const MAX_DEPTH = 4;

/** Adds the members of a record. What is an object in one record and none in another is a value. */
export function addMembers(members: Members, record: JsonObject, depth = 1): void {
  for (const [key, value] of Object.entries(record)) {
    if (value === null) continue;
    const known = members.get(key);
    if (!isObject(value) || known === null || depth >= MAX_DEPTH) members.set(key, null);
    else {
      const own: Members = known ?? new Map();
      members.set(key, own);
      addMembers(own, value, depth + 1);
    }
  }
}

/** How many members there are, those inside of others too. */
export const countMembers = (members: Members): number =>
  [...members.values()].reduce((sum, inner) => sum + 1 + (inner ? countMembers(inner) : 0), 0);

const keyOf = (path: Path): string => JSON.stringify(path);

/** A record in which every value tells where it came from. */
class Probe {
  readonly record: JsonObject;
  /** Value → where it lies. */
  readonly #marks = new Map<unknown, Path>();
  readonly #folded = new Map<string, Path>();

  constructor(members: Members, examples: ReadonlyMap<string, string>, changes: ReadonlyMap<string, Json | undefined>) {
    let count = 0;
    const build = (own: Members, path: Path): JsonObject => {
      const object: Record<string, Json> = {};
      for (const [key, inner] of own) {
        const at = [...path, key];
        const id = keyOf(at);
        if (changes.has(id)) {
          const value = changes.get(id);
          if (value !== undefined) object[key] = value;
          continue;
        }
        const value: Json = inner ? build(inner, at) : `${examples.get(id) ?? ""}<Aa${count++}>`;
        this.#marks.set(value, at);
        if (typeof value === "string") {
          this.#folded.set(`lower ${value.toLowerCase()}`, at);
          this.#folded.set(`upper ${value.toUpperCase()}`, at);
        }
        object[key] = value;
      }
      return object;
    };
    this.record = build(members, []);
  }

  /** Where a value of a row came from, and how it was written. */
  origin(value: unknown): { readonly path: Path; readonly fold?: "lower" | "upper" } | undefined {
    const path = this.#marks.get(value);
    if (path) return { path };
    for (const fold of ["lower", "upper"] as const) {
      const folded = typeof value === "string" ? this.#folded.get(`${fold} ${value}`) : undefined;
      if (folded) return { path: folded, fold };
    }
    return undefined;
  }
}

interface Answer {
  readonly probe: Probe;
  readonly table: string;
  readonly row: Row;
  readonly lost: readonly string[];
}

type Translate = (record: JsonObject) => Mapped;

/** Finds out by questions what a translation does. */
class Examination {
  readonly #translate: Translate;
  readonly #members: Members;
  readonly #examples = new Map<string, string>();
  readonly #pinned: ReadonlyMap<string, string>;

  constructor(
    translate: Translate,
    members: Members,
    records: readonly JsonObject[],
    pinned: ReadonlyMap<string, string>,
  ) {
    this.#translate = translate;
    this.#members = members;
    this.#pinned = pinned;
    for (const record of records)
      for (const [key, value] of Object.entries(record))
        if (typeof value === "string") this.#examples.set(keyOf([key]), value);
  }

  /** One row of the record of all members with changes; undefined where there is none or there are several. */
  ask(changes: readonly (readonly [Path, Json | undefined])[] = []): Answer | undefined {
    const all = new Map<string, Json | undefined>([...this.#pinned].map(([key, is]) => [keyOf([key]), is]));
    for (const [path, value] of changes) all.set(keyOf(path), value);
    const probe = new Probe(this.#members, this.#examples, all);
    const mapped = this.#translate(probe.record);
    const [only, ...others] = "skip" in mapped ? [] : mapped;
    if (!only || others.length > 0 || only.note !== undefined) return undefined;
    return { probe, table: only.table, row: only.row, lost: only.lost ?? [] };
  }

  /** The places of a column in their order; undefined where its value is made and not moved. */
  column(column: string, first: Answer): DerivedColumn | undefined {
    const places: Place[] = [];
    const removed: [Path, undefined][] = [];
    let fold: DerivedColumn["fold"];
    for (let answer: Answer | undefined = first; ; answer = this.ask(removed)) {
      if (!answer) return undefined;
      const value = answer.row[column];
      const origin = answer.probe.origin(value);
      if (!origin) return isNone(value) ? { column, places, ...(fold && { fold }) } : undefined;
      if (places.length > 0 && origin.fold !== fold) return undefined;
      fold = origin.fold;
      const none = ["", "<null>"].filter((empty) => {
        const other = this.ask([...removed, [origin.path, empty]])?.row[column];
        return typeof other !== "string" || other.toLowerCase() !== empty;
      });
      places.push({ path: origin.path, none });
      removed.push([origin.path, undefined]);
    }
  }
}

const isNone = (value: unknown): boolean => value === undefined || value === null || value === "";

/** The value that a member at the top has in every record. */
function common(records: readonly JsonObject[], key: string): string | undefined {
  const value = records[0]?.[key];
  return typeof value === "string" && records.every((record) => record[key] === value) ? value : undefined;
}

/**
 * What the translation of a sample's records does, as places of columns: found by translating records that tell where
 * their values lie, and checked on the sample itself. `deciders` are the members at the top that decide on the table;
 * all but the last have to be the same in every record. Undefined where the translation does more than move values.
 */
export function derive(
  translate: Translate,
  { records }: Sample,
  members: Members,
  deciders: readonly string[],
): Derived | undefined {
  const pinned = new Map(
    deciders.flatMap((key): [string, string][] => {
      const is = common(records, key);
      return is === undefined ? [] : [[key, is]];
    }),
  );
  const open = deciders.filter((key) => !pinned.has(key));
  if (records.length === 0 || open.some((key) => key !== deciders.at(-1))) return undefined;
  const examination = new Examination(translate, members, records, pinned);
  const answer = examination.ask();
  const moves = answer && movesOf(examination, answer, pinned);
  if (!moves) return undefined;
  const [decider] = open;
  const deciding = moves.columns.find(({ places }) => places.length === 1 && places[0]?.path.join("\0") === decider);
  if (decider !== undefined && !deciding) return undefined;
  const derived: Derived = {
    ...{ table: answer.table, lost: answer.lost, pinned, ...moves },
    ...(deciding && { deciding: deciding.column }),
    tableWith: (value) => examination.ask(decider === undefined ? [] : [[[decider], value]])?.table,
  };
  return records.every((record) => isSame(derived, record, translate(record))) ? derived : undefined;
}

function movesOf(
  examination: Examination,
  answer: Answer,
  pinned: ReadonlyMap<string, string>,
): Pick<Derived, "columns" | "constants"> | undefined {
  const columns: DerivedColumn[] = [];
  const constants = new Map<string, string>();
  const fixed = new Set([...pinned.values()].flatMap((value) => [value, value.toLowerCase(), value.toUpperCase()]));
  for (const [column, value] of Object.entries(answer.row)) {
    if (isNone(value)) continue;
    if (answer.probe.origin(value)) {
      const found = examination.column(column, answer);
      if (!found) return undefined;
      columns.push(found);
    } else if (typeof value === "string" && (fixed.has(value) || !/<aa\d/i.test(value))) constants.set(column, value);
    else return undefined;
  }
  return { columns, constants };
}

const valueAt = (record: JsonObject, path: Path): Json | undefined =>
  path.reduce<Json | undefined>(
    (value, key) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined),
    record,
  );

/** The row that the places give. */
export function derivedRow({ columns, constants }: Derived, record: JsonObject): Row {
  const row = emptyRow();
  for (const [column, value] of constants) row[column] = value;
  for (const { column, places, fold } of columns)
    for (const { path, none } of places) {
      const value = valueAt(record, path);
      if (value === undefined || value === null || (typeof value === "string" && none.includes(value))) continue;
      row[column] =
        fold === undefined ? value : fold === "lower" ? text(value).toLowerCase() : text(value).toUpperCase();
      break;
    }
  return row;
}

function isSame(derived: Derived, record: JsonObject, mapped: Mapped): boolean {
  const [only, ...others] = "skip" in mapped ? [] : mapped;
  if (!only || others.length > 0 || only.table !== derived.table) return false;
  const row = derivedRow(derived, record);
  const names = new Set([...Object.keys(row), ...Object.keys(only.row)]);
  return [...names].every((name) => text(row[name]) === text(only.row[name]));
}
