import type { ScalarType } from "../../core/kusto.ts";
import { commonType } from "../functions/support/types.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import { type Operator, resultType } from "./arithmetic.ts";
import { isNumber } from "./coerce.ts";
import type { Context, Rows, Scope } from "./context.ts";
import { ARITHMETIC_KINDS, COMPARISON_KINDS } from "./kinds.ts";
import type { PlanColumn, Scalar } from "./types.ts";

/** An expression over one row and the state of a scan, as JSON: an operation and what it takes. */
export type Code = readonly (Code | string | number | boolean | null)[];

/** Values of a parameter stand in one of three lists. */
export type Kind = "whole" | "real" | "text";

const KINDS: Readonly<Partial<Record<ScalarType, Kind>>> = {
  bool: "whole",
  int: "whole",
  long: "whole",
  datetime: "whole",
  timespan: "whole",
  real: "real",
  string: "text",
  guid: "text",
  dynamic: "text",
};

/** The list that values of the type stand in; a decimal has none. */
export const kindOf = (type: ScalarType): Kind | undefined => KINDS[type];

export interface Typed {
  readonly code: Code;
  readonly type: ScalarType;
  /** Null for a null literal, which has no say in a common type. */
  readonly constant?: null;
}

const NULL: Code = ["null"];

type Call = (args: readonly Typed[]) => Typed | undefined;

const typesOf = (values: readonly Typed[]): ScalarType => commonType(values.map((value) => ({ ...value, sql: "" })));

/** All values in their common type. */
function alike(values: readonly Typed[]): { type: ScalarType; codes: Code[] } | undefined {
  const type = typesOf(values);
  const codes = values.map((value) => converted(value, type));
  return type === "dynamic" || codes.includes(undefined) ? undefined : { type, codes: codes as Code[] };
}

/** The value as another type; undefined where only the full conversion is right. */
export function converted(value: Typed, type: ScalarType): Code | undefined {
  if (value.type === type) return value.code;
  if (value.constant === null) return type === "string" ? ["text", ""] : NULL;
  const whole = value.type === "int" || value.type === "long";
  if (!whole) return undefined;
  if (type === "long") return value.code;
  if (type === "int") return ["int", value.code];
  if (type === "real") return ["toreal", value.code];
  return type === "string" ? ["tostring", value.code] : undefined;
}

const isNull =
  (negative: boolean, empty: boolean): Call =>
  ([value]) => {
    if (!value || value.type === "dynamic") return undefined;
    const test: Code = value.type !== "string" ? ["isnull", value.code] : empty ? ["isempty", value.code] : ["false"];
    return { code: negative ? ["not", test] : test, type: "bool" };
  };

const choose: Call = (args) => {
  const values = args.filter((_, i) => i % 2 === 1 || i === args.length - 1);
  const same = alike(values);
  const conditions = args.filter((_, i) => i % 2 === 0 && i < args.length - 1);
  if (!same || conditions.some((condition) => condition.type !== "bool")) return undefined;
  return { code: ["case", ...conditions.map((condition) => condition.code), ...same.codes], type: same.type };
};

const common =
  (op: string): Call =>
  (args) => {
    const same = alike(args);
    if (!same || (op !== "coalesce" && same.type === "string")) return undefined;
    return { code: [op === "coalesce" && same.type === "string" ? "firsttext" : op, ...same.codes], type: same.type };
  };

const strcat: Call = (args) => {
  const codes = args.map((arg) => converted(arg, "string"));
  return codes.includes(undefined) ? undefined : { code: ["strcat", ...(codes as Code[])], type: "string" };
};

const conversion =
  (type: ScalarType): Call =>
  ([value]) => {
    const code = value && converted(value, type);
    return code && { code, type };
  };

const not: Call = ([value]) => (value?.type === "bool" ? { code: ["not", value.code], type: "bool" } : undefined);

const CALLS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ["iff", choose],
  ["iif", choose],
  ["case", choose],
  ["not", not],
  ["isnull", isNull(false, false)],
  ["isnotnull", isNull(true, false)],
  ["notnull", isNull(true, false)],
  ["isempty", isNull(false, true)],
  ["isnotempty", isNull(true, true)],
  ["notempty", isNull(true, true)],
  ["coalesce", common("coalesce")],
  ["max_of", common("max")],
  ["min_of", common("min")],
  ["strcat", strcat],
  ["tolong", conversion("long")],
  ["toint", conversion("int")],
  ["todouble", conversion("real")],
  ["toreal", conversion("real")],
  ["tostring", conversion("string")],
]);

/** Where the state of a step keeps the columns that are referred to through its name. */
export type Fields = ReadonlyMap<string, { readonly step: number; readonly columns: readonly PlanColumn[] }>;

/**
 * Writes the expressions of a scan as code. What does not look at the state becomes a column that SQL computes, so
 * only what does is left; `undefined` means that it needs more than the code can say.
 */
export class ScanCode {
  /** SQL of the columns that the code reads, by kind. */
  readonly parameters: Readonly<Record<Kind, string[]>> = { whole: [], real: [], text: [] };
  readonly #context: Context;
  readonly #scope: Scope & { readonly rows: Rows };
  readonly #fields: Fields;

  constructor(context: Context, scope: Scope & { readonly rows: Rows }, fields: Fields) {
    this.#context = context;
    this.#scope = scope;
    this.#fields = fields;
  }

  /** The expression in the wanted type. */
  typed(node: SyntaxNode, type: ScalarType): Code | undefined {
    const value = this.#value(node, type);
    return value && converted(value, type);
  }

  parameter({ sql, type, constant }: Scalar): Typed | undefined {
    if (constant === null) return { code: NULL, type, constant };
    const kind = kindOf(type);
    if (kind === undefined) return undefined;
    if (constant !== undefined) return { code: type === "bool" ? [String(constant)] : [kind, String(constant)], type };
    const list = this.parameters[kind];
    const known = list.indexOf(sql);
    const place = known >= 0 ? known : list.push(sql) - 1;
    return { code: [type === "bool" ? "flag" : `${kind}s`, place], type };
  }

  #stateOf(node: SyntaxNode): Typed | undefined {
    const base = node.kind === "PathExpression" ? node.get("Expression") : undefined;
    const field = base?.kind === "NameReference" ? this.#fields.get(base.name) : undefined;
    if (!field) return undefined;
    const place = field.columns.findIndex((column) => column.name === node.get("Selector").name);
    const column = field.columns[place];
    return column && { code: ["state", field.step, place], type: column.type };
  }

  #seesState(node: SyntaxNode): boolean {
    return node.some(
      (inner) =>
        inner.kind === "PathExpression" &&
        inner.get("Expression").kind === "NameReference" &&
        this.#fields.has(inner.get("Expression").name),
    );
  }

  #value(node: SyntaxNode, wanted?: ScalarType): Typed | undefined {
    const bare = node.bare();
    if (!this.#seesState(bare)) {
      const { environment, rows } = this.#scope;
      const scalar = this.#context.scalar(bare, { environment, rows });
      return this.parameter(wanted ? { ...scalar, ...this.#converted(bare, scalar, wanted) } : scalar);
    }
    return this.#stateOf(bare) ?? this.#logical(bare) ?? this.#binary(bare) ?? this.#call(bare);
  }

  /** SQL converts what does not look at the state. */
  #converted(node: SyntaxNode, scalar: Scalar, wanted: ScalarType): Scalar {
    if (scalar.type === wanted || scalar.constant !== undefined) return scalar;
    return { sql: this.#context.typed(node, wanted, this.#scope), type: wanted };
  }

  #logical(node: SyntaxNode): Typed | undefined {
    if (node.kind === "BetweenExpression" || node.kind === "NotBetweenExpression") return this.#between(node);
    if (node.kind !== "AndExpression" && node.kind !== "OrExpression") return undefined;
    const [left, right] = [this.typed(node.get("Left"), "bool"), this.typed(node.get("Right"), "bool")];
    return left && right && { code: [node.kind === "AndExpression" ? "and" : "or", left, right], type: "bool" };
  }

  #between(node: SyntaxNode): Typed | undefined {
    const ends = node.get("Right");
    const [value, low, given] = [node.get("Left"), ends.get("First"), ends.get("Second")].map((n) => this.#value(n));
    if (!value || !low || !given) return undefined;
    const span = low.type === "datetime" && given.type === "timespan";
    const high = span ? this.#arithmetic("+", low, given) : given;
    const first = this.#compare(">=", value, low);
    const second = high && this.#compare("<=", value, high);
    if (!first || !second) return undefined;
    const code: Code = ["and", first.code, second.code];
    return { code: node.kind === "NotBetweenExpression" ? ["not", code] : code, type: "bool" };
  }

  #binary(node: SyntaxNode): Typed | undefined {
    const comparison = COMPARISON_KINDS[node.kind];
    const operator = ARITHMETIC_KINDS[node.kind];
    if (comparison === undefined && operator === undefined) return undefined;
    const [left, right] = [this.#value(node.get("Left")), this.#value(node.get("Right"))];
    if (!left || !right) return undefined;
    return operator ? this.#arithmetic(operator, left, right) : this.#compare(comparison ?? "==", left, right);
  }

  #compare(op: string, left: Typed, right: Typed): Typed | undefined {
    const equality = op === "==" || op === "!=";
    if (left.type !== right.type && !(isNumber(left.type) && isNumber(right.type))) return undefined;
    if (!equality && kindOf(left.type) === "text") return undefined;
    const same = alike([left, right]);
    return same && { code: [op, ...same.codes], type: "bool" };
  }

  #arithmetic(op: Operator, left: Typed, right: Typed): Typed | undefined {
    const type = resultType(op, left.type, right.type);
    if (type === "long" || type === "real") {
      if (left.type === "timespan") return { code: ["spans", left.code, right.code], type };
      const [a, b] = [converted(left, type), converted(right, type)];
      return a && b && { code: [`${type}${op}`, a, b], type };
    }
    if ((type !== "datetime" && type !== "timespan") || (op !== "+" && op !== "-")) return undefined;
    return { code: [`${type}${op}`, left.code, right.code], type };
  }

  #call(node: SyntaxNode): Typed | undefined {
    if (node.kind !== "FunctionCallExpression") return undefined;
    const name = node.get("Name").name;
    const call = this.#scope.environment.find(name) ? undefined : CALLS.get(name);
    if (!call) return undefined;
    const args = node
      .get("ArgumentList")
      .items("Expressions")
      .map((argument) => this.#value(argument));
    return args.includes(undefined) ? undefined : call(args as Typed[]);
  }
}
