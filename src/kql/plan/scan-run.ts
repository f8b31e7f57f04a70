import { MAX_DATETIME_TICKS } from "../../core/ticks.ts";
import type { Udf } from "../functions/types.ts";
import { wrapLong } from "./coerce.ts";
import type { Code } from "./scan-code.ts";

type Value = null | boolean | bigint | number | string;
/** What a step of a running match keeps of its last row; undefined before the step. */
type Entry = readonly Value[] | undefined;
type Evaluate = (row: number, seen: readonly Entry[]) => Value;

/** A scan as its function reads it. */
export interface ScanProgram {
  readonly steps: readonly {
    readonly when: Code;
    /** One value per declared column. */
    readonly set: readonly Code[];
    /** What the step keeps: the place of a declared column, or an expression over the row. */
    readonly keep: readonly (number | Code)[];
    /** What a reference gives before the step has a row. */
    readonly before: readonly Code[];
    readonly output: string;
  }[];
  /** The places of the declared columns of each kind. */
  readonly whole: readonly number[];
  readonly real: readonly number[];
  readonly text: readonly number[];
}

/** The values of the rows, column after column. Closures read them here, so that they serve one partition after another. */
interface Lists {
  count: number;
  wholes: readonly (bigint | null)[];
  reals: readonly (number | null)[];
  texts: readonly (string | null)[];
}

type Binary = (a: never, b: never) => Value;

const LOWEST = -(2n ** 63n);
const inLong = (x: bigint): bigint | null => (x >= LOWEST && x < -LOWEST ? x : null);
const inTime = (x: bigint): bigint | null => (x >= 0n && x <= MAX_DATETIME_TICKS ? x : null);
const absolute = (x: bigint): bigint => (x < 0n ? -x : x);

/** Operations of two values that are null where one of them is. */
const STRICT: Readonly<Record<string, Binary>> = {
  "<": (a: bigint, b: bigint) => a < b,
  "<=": (a: bigint, b: bigint) => a <= b,
  ">": (a: bigint, b: bigint) => a > b,
  ">=": (a: bigint, b: bigint) => a >= b,
  "long+": (a: bigint, b: bigint) => wrapLong(a + b),
  "long-": (a: bigint, b: bigint) => wrapLong(a - b),
  "long*": (a: bigint, b: bigint) => wrapLong(a * b),
  "long/": (a: bigint, b: bigint) => (b === 0n ? null : wrapLong(a / b)),
  "long%": (a: bigint, b: bigint) => (b === 0n ? null : ((a % b) + absolute(b)) % absolute(b)),
  "real+": (a: number, b: number) => a + b,
  "real-": (a: number, b: number) => a - b,
  "real*": (a: number, b: number) => a * b,
  "real/": (a: number, b: number) => a / b,
  "real%": (a: number, b: number) => ((a % b) + Math.abs(b)) % Math.abs(b),
  "datetime+": (a: bigint, b: bigint) => inTime(a + b),
  "datetime-": (a: bigint, b: bigint) => inTime(a - b),
  "timespan+": (a: bigint, b: bigint) => inLong(a + b),
  "timespan-": (a: bigint, b: bigint) => inLong(a - b),
  spans: (a: bigint, b: bigint) => Number(a) / Number(b),
};

/** Operations of two values that see nulls: one null is unequal, two nulls are null; and, or are three-valued. */
const LENIENT: Readonly<Record<string, (a: Value, b: Value) => Value>> = {
  "==": (a, b) => (a === null && b === null ? null : a === b),
  "!=": (a, b) => (a === null && b === null ? null : a !== b),
};

const UNARY: Readonly<Record<string, (a: Value) => Value>> = {
  not: (a) => (a === null ? null : !a),
  isnull: (a) => a === null,
  isempty: (a) => a === "",
  int: (a) => (a === null ? null : BigInt.asIntN(32, a as bigint)),
  toreal: (a) => (a === null ? null : Number(a)),
  tostring: (a) => (a === null ? "" : String(a)),
};

function extreme(values: readonly Value[], better: (a: never, b: never) => boolean): Value {
  let best: Value = null;
  for (const value of values) {
    if (value === null) continue;
    if (Number.isNaN(value)) return value;
    if (best === null || better(value as never, best as never)) best = value;
  }
  return best;
}

const VARIADIC: Readonly<Record<string, (values: readonly Value[]) => Value>> = {
  coalesce: (values) => values.find((value) => value !== null) ?? null,
  firsttext: (values) => values.find((value) => value !== "") ?? "",
  max: (values) => extreme(values, (a: bigint, b: bigint) => a > b),
  min: (values) => extreme(values, (a: bigint, b: bigint) => a < b),
  strcat: (values) => values.join(""),
};

const both =
  (a: Evaluate, b: Evaluate): Evaluate =>
  (row, seen) => {
    const first = a(row, seen);
    if (first === false) return false;
    const second = b(row, seen);
    return second === false ? false : first === null || second === null ? null : true;
  };

const either =
  (a: Evaluate, b: Evaluate): Evaluate =>
  (row, seen) => {
    const first = a(row, seen);
    if (first === true) return true;
    const second = b(row, seen);
    return second === true ? true : first === null || second === null ? null : false;
  };

/** Conditions first, then one value more than conditions. */
function cases(parts: readonly Evaluate[]): Evaluate {
  const count = (parts.length - 1) / 2;
  return (row, seen) => {
    for (let i = 0; i < count; i++) if (parts[i]?.(row, seen) === true) return parts[count + i]?.(row, seen) ?? null;
    return parts[2 * count]?.(row, seen) ?? null;
  };
}

/** Turns code into closures over the rows' values. */
class Builder {
  readonly #lists: Lists;
  before: readonly (readonly Evaluate[])[] = [];

  constructor(lists: Lists) {
    this.#lists = lists;
  }

  build(code: Code): Evaluate {
    const [op, first, second] = code as readonly [string, unknown, unknown];
    return this.#leaf(op, first, second) ?? this.#operation(op, (code as readonly Code[]).slice(1));
  }

  #leaf(op: string, first: unknown, second: unknown): Evaluate | undefined {
    const constant = (value: Value): Evaluate => {
      return () => value;
    };
    const lists = this.#lists;
    const place = Number(first);
    switch (op) {
      case "null":
        return constant(null);
      case "true":
      case "false":
        return constant(op === "true");
      case "whole":
        return constant(BigInt(String(first)));
      case "real":
        return constant(Number(first));
      case "text":
        return constant(String(first));
      case "wholes":
        return (row) => lists.wholes[place * lists.count + row] ?? null;
      case "flag":
        return (row) => {
          const bit = lists.wholes[place * lists.count + row] ?? null;
          return bit === null ? null : bit === 1n;
        };
      case "reals":
        return (row) => lists.reals[place * lists.count + row] ?? null;
      case "texts":
        return (row) => lists.texts[place * lists.count + row] ?? null;
      case "state":
        return this.#state(Number(first), Number(second));
      default:
        return undefined;
    }
  }

  #state(step: number, place: number): Evaluate {
    return (row, seen) => {
      const entry = seen[step];
      return entry === undefined ? (this.before[step]?.[place]?.(row, seen) ?? null) : (entry[place] ?? null);
    };
  }

  #operation(op: string, args: readonly Code[]): Evaluate {
    const parts = args.map((arg) => this.build(arg));
    const [a = () => null, b = () => null] = parts;
    if (op === "and") return both(a, b);
    if (op === "or") return either(a, b);
    if (op === "case") return cases(parts);
    const strict = STRICT[op] as ((x: Value, y: Value) => Value) | undefined;
    if (strict)
      return (row, seen) => {
        const x = a(row, seen);
        const y = x === null ? null : b(row, seen);
        return y === null ? null : strict(x, y);
      };
    const lenient = LENIENT[op];
    if (lenient) return (row, seen) => lenient(a(row, seen), b(row, seen));
    const unary = UNARY[op];
    if (unary) return (row, seen) => unary(a(row, seen));
    const variadic = VARIADIC[op];
    if (!variadic) throw new TypeError(`A scan has no operation ${op}`);
    return (row, seen) => variadic(parts.map((part) => part(row, seen)));
  }
}

/** A match that has come to a step. */
interface Match {
  readonly id: bigint;
  readonly seen: readonly Entry[];
}

interface Step {
  readonly when: Evaluate;
  readonly set: readonly Evaluate[];
  readonly keep: readonly (number | Evaluate)[];
  readonly output: string;
}

/** What a scan gives: places of rows from 1, the matches that they belong to, the values of the declared columns. */
interface Output {
  readonly rows: number[];
  readonly matches: bigint[];
  readonly values: (readonly Value[])[];
}

function stepsOf(program: ScanProgram, lists: Lists): Step[] {
  const builder = new Builder(lists);
  builder.before = program.steps.map((step) => step.before.map((code) => builder.build(code)));
  return program.steps.map(({ when, set, keep, output }) => ({
    when: builder.build(when),
    set: set.map((code) => builder.build(code)),
    keep: keep.map((item) => (typeof item === "number" ? item : builder.build(item))),
    output,
  }));
}

const NOTHING: readonly Entry[] = [];

/**
 * For each row the steps from the last to the first: a step takes over the match of the step before it, or goes on
 * with its own; the first one also starts a match. A match that is taken over ends where it was.
 */
class Machine {
  readonly #steps: readonly Step[];
  readonly #matches: (Match | undefined)[];
  readonly #found: { step: number; match: bigint; values: readonly Value[] }[] = [];
  readonly #last = new Map<string, number>();
  readonly #output: Output = { rows: [], matches: [], values: [] };
  #counter = 0n;

  constructor(steps: readonly Step[]) {
    this.#steps = steps;
    this.#matches = steps.map(() => undefined);
  }

  run(count: number): Output {
    for (let row = 0; row < count; row++) this.#row(row);
    if (this.#last.size === 0) return this.#output;
    const { rows, matches, values } = this.#output;
    const kept = rows.flatMap((row, i) => (row > 0 ? [i] : []));
    return {
      rows: kept.map((i) => rows[i] ?? 0),
      matches: kept.map((i) => matches[i] ?? 0n),
      values: kept.map((i) => values[i] ?? []),
    };
  }

  #row(row: number): void {
    this.#found.length = 0;
    let started = false;
    for (let k = this.#steps.length - 1; k >= 0; k--) {
      const step = this.#steps[k] as Step;
      const before = k > 0 ? this.#matches[k - 1] : undefined;
      const own = this.#matches[k];
      const promoted = before !== undefined && step.when(row, before.seen) === true;
      let joined = promoted ? before : undefined;
      if (!joined && own && step.when(row, own.seen) === true) joined = own;
      if (!joined && k === 0 && step.when(row, NOTHING) === true) {
        joined = { id: this.#counter, seen: NOTHING };
        started = true;
      }
      if (joined) this.#join(k, step, row, joined);
      if (promoted) this.#matches[k - 1] = undefined;
    }
    if (started) this.#counter++;
    this.#emit(row);
  }

  #join(k: number, step: Step, row: number, { id, seen }: Match): void {
    const values = step.set.map((evaluate) => evaluate(row, seen));
    const entry = step.keep.map((item) => (typeof item === "number" ? (values[item] ?? null) : item(row, seen)));
    const entries = seen.slice(0, k);
    while (entries.length < k) entries.push(undefined);
    entries.push(entry);
    this.#matches[k] = { id, seen: entries };
    if (step.output !== "none") this.#found.push({ step: k, match: id, values });
  }

  #emit(row: number): void {
    const { rows, matches, values } = this.#output;
    for (let i = this.#found.length - 1; i >= 0; i--) {
      const found = this.#found[i];
      if (!found) continue;
      if (this.#steps[found.step]?.output === "last") this.#replace(found.step, found.match, rows);
      rows.push(row + 1);
      matches.push(found.match);
      values.push(found.values);
    }
  }

  /** Of a match, a step with `output=last` gives only its last row; an earlier one gets the place 0. */
  #replace(step: number, match: bigint, rows: number[]): void {
    const key = `${step}:${match}`;
    const earlier = this.#last.get(key);
    if (earlier !== undefined) rows[earlier] = 0;
    this.#last.set(key, rows.length);
  }
}

type Wholes = readonly (bigint | null)[];
type Reals = readonly (number | null)[];
type Texts = readonly (string | null)[];

interface Loaded {
  readonly text: string;
  readonly program: ScanProgram;
  readonly lists: Lists;
  readonly steps: readonly Step[];
}
let loaded: Loaded | undefined;

/** Partitions of one scan come one after the other: their program is read once. */
function load(text: string): Loaded {
  if (loaded?.text === text) return loaded;
  const program = JSON.parse(text) as ScanProgram;
  const lists: Lists = { count: 0, wholes: [], reals: [], texts: [] };
  loaded = { text, program, lists, steps: stepsOf(program, lists) };
  return loaded;
}

function run(text: string, count: bigint, wholes: Wholes, reals: Reals, texts: Texts) {
  const { program, lists, steps } = load(text);
  Object.assign(lists, { count: Number(count), wholes, reals, texts });
  const output = new Machine(steps).run(lists.count);
  Object.assign(lists, { wholes: [], reals: [], texts: [] });
  return { program, output };
}

const asWhole = (value: Value): bigint | null =>
  typeof value === "boolean" ? (value ? 1n : 0n) : (value as bigint | null);

const column = <T>({ values }: Output, place: number): T[] => values.map((row) => (row[place] ?? null) as T);

const PARAMS = ["VARCHAR", "BIGINT", "BIGINT[]", "DOUBLE[]", "VARCHAR[]"] as const;

/** The outputs column by column in one list: rows, matches and whole numbers; reals; texts. */
export const SCAN_UDFS: readonly Udf[] = [
  {
    name: "kql_scan_whole",
    params: PARAMS,
    returns: "BIGINT[]",
    fn: (...args: Parameters<typeof run>): (bigint | null)[] => {
      const { program, output } = run(...args);
      const columns = program.whole.map((place) => column<Value>(output, place).map(asWhole));
      return [output.rows.map(BigInt), output.matches, ...columns].flat();
    },
  },
  {
    name: "kql_scan_real",
    params: PARAMS,
    returns: "DOUBLE[]",
    fn: (...args: Parameters<typeof run>): (number | null)[] => {
      const { program, output } = run(...args);
      return program.real.flatMap((place) => column<number | null>(output, place));
    },
  },
  {
    name: "kql_scan_text",
    params: PARAMS,
    returns: "VARCHAR[]",
    fn: (...args: Parameters<typeof run>): (string | null)[] => {
      const { program, output } = run(...args);
      return program.text.flatMap((place) => column<string | null>(output, place));
    },
  },
];
