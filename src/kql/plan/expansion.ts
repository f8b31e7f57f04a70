import type { ScalarType } from "../../core/kusto.ts";
import { isBag, tryParseDynamic, writeDynamic } from "../functions/support/json.ts";
import type { Udf } from "../functions/types.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import { argumentsOf } from "./calls.ts";
import { asType, columnScalar } from "./coerce.ts";
import { type Context, extend, type Scope } from "./context.ts";
import { typeNamed } from "./literals.ts";
import { defaultName, Names } from "./names.ts";
import type { Item, PlanColumn, PlanNode, Relation } from "./types.ts";

export const BAG_ITEMS: Udf = {
  name: "kql_bag_items",
  params: ["VARCHAR", "BOOLEAN"],
  returns: "VARCHAR[]",
  fn: (text: string, asArrays: boolean) => {
    const bag = tryParseDynamic(text) ?? null;
    if (!isBag(bag)) return [];
    return [...bag].map(([key, value]) => writeDynamic(asArrays ? [key, value] : new Map([[key, value]])));
  },
};

/** One expression of `mv-expand` or `mv-apply`. */
interface Expanded {
  readonly name: string;
  readonly value: string;
  /** SQL of its elements over the value's id. */
  readonly list: (value: string) => string;
  /** SQL of an element as the wanted type. */
  readonly converted: (element: string) => string;
  readonly type: ScalarType;
  readonly inPlace: boolean;
}

/** The elements of a value: of an array its items, of a bag one-key bags or pairs, of anything else itself; as texts where only those are wanted. */
const elements = (value: string, asArrays: boolean, type: ScalarType): string => {
  const items = type === "string" ? `from_json(${value}, '["VARCHAR"]')` : `json_extract(${value}, '$[*]')::VARCHAR[]`;
  const single = type === "string" ? `json_extract_string(${value}, '$')` : value;
  return `CASE WHEN starts_with(${value}, '[') THEN ${items} WHEN starts_with(${value}, '{') THEN kql_bag_items(${value}, ${asArrays}) ELSE [${single}] END`;
};

const NUMERIC: ReadonlySet<ScalarType> = new Set(["bool", "int", "long", "real", "decimal"]);

/** An element as the wanted type: text is no number here, other than for `tolong()` and its kin. */
function converted(id: string, type: ScalarType): string {
  if (type === "string") return `COALESCE(${id}, '')`;
  const element = `NULLIF(${id}, 'null')`;
  if (type === "dynamic") return element;
  const sql = asType({ sql: element, type: "dynamic" }, type).sql;
  if (!NUMERIC.has(type)) return sql;
  const odd = type === "bool" ? `${id}[1] = '"'` : `${id}[1] IN ('"', 't', 'f')`;
  return `CASE WHEN ${odd} THEN NULL ELSE ${sql} END`;
}

/** Types whose values are the same before and after they stood in an array of JSON. */
const KEPT: ReadonlySet<ScalarType> = new Set(["bool", "int", "long", "string", "datetime"]);

/** `pack_array()` of values that have the wanted type: a list of them, without JSON in between. */
function packedList(
  inner: SyntaxNode,
  type: ScalarType,
  context: Context,
  scope: Scope,
): Pick<Expanded, "value" | "list" | "converted"> | undefined {
  const call = inner.bare();
  const isPacked = call.kind === "FunctionCallExpression" && call.get("Name").name === "pack_array";
  if (!isPacked || !KEPT.has(type) || scope.environment.find("pack_array")) return undefined;
  const items = argumentsOf(call);
  if (items.length === 0 || items.some(({ kind }) => kind === "StarExpression")) return undefined;
  const values = items.map((item) => context.scalar(item, scope));
  if (values.some((value) => value.type !== type)) return undefined;
  return {
    value: `[${values.map(({ sql }) => sql).join(", ")}]`,
    list: (id) => id,
    converted: (id) => (type === "string" ? `COALESCE(${id}, '')` : id),
  };
}

function expandedOf(node: SyntaxNode, context: Context, scope: Scope, asArrays: boolean): Expanded {
  const expression = node.get("Expression");
  const explicit = expression.kind === "SimpleNamedExpression";
  const inner = explicit ? expression.get("Expression") : expression;
  const wanted = node.child("ToTypeOf")?.get("TypeOf").items("Types")[0]?.text;
  const type = (wanted === undefined ? undefined : typeNamed(wanted)) ?? "dynamic";
  const name = defaultName(expression) ?? "Column1";
  const list = packedList(inner, type, context, scope);
  if (list) return { name, type, inPlace: false, ...list };
  const value = context.scalar(inner, scope);
  if (value.type !== "dynamic")
    return context.refuse(
      inner,
      `Only dynamic values can be expanded, not ${value.type}.`,
      "Convert with todynamic().",
    );
  const bare = inner.bare();
  const column = bare.kind === "NameReference" ? scope.rows?.column(bare.name) : undefined;
  const inPlace = column !== undefined && column.name === name;
  return {
    name,
    value: value.sql,
    list: (id) => elements(id, asArrays, type),
    converted: (id) => converted(id, type),
    type,
    inPlace,
  };
}

/** Items that unnest the lists side by side; the shorter ones are padded with null. */
export interface Expansion {
  readonly columns: readonly (PlanColumn & { readonly inPlace: boolean })[];
  /** Where each element stands in its list, from 0. */
  readonly index: PlanColumn;
  readonly indexShown: boolean;
  /** The plan over an input of which the lists' columns are part. */
  over(input: PlanNode, copies: readonly Item[]): PlanNode;
}

/** Lowers what `mv-expand` and `mv-apply` have in common. */
export function expansion(node: SyntaxNode, input: Relation, context: Context, scope: Scope): Expansion {
  const kind = (node.parameter("bagexpansion") ?? node.parameter("kind"))?.text;
  context.use([BAG_ITEMS]);
  const parts = node.items("Expressions").map((item) => expandedOf(item, context, scope, kind === "array"));
  const limitNode = node.child("RowLimitClause")?.get("RowLimit");
  const limit = limitNode ? context.typed(limitNode, "long", scope) : undefined;
  const sources = parts.map(({ value }): Item => ({ id: context.id(), sql: value }));
  const lists = parts.map(({ list }, i): Item => {
    const sql = list(sources[i]?.id ?? "");
    return { id: context.id(), sql: limit ? `(${sql})[1:${limit}]` : sql };
  });
  const raw = lists.map((list): Item => ({ id: context.id(), sql: `unnest(${list.id})` }));
  const indexName = node.parameter("with_itemindex");
  const lengths = lists.map((list) => `len(${list.id})`).join(", ");
  const index: PlanColumn = { id: context.id(), name: indexName?.name ?? "", type: "long" };
  const place: Item = { id: index.id, sql: `unnest(range(0, greatest(${lengths})))` };
  const values = parts.map((part, i): Item => ({ id: context.id(), sql: part.converted(raw[i]?.id ?? "") }));
  const columns = parts.map(({ name, type, inPlace }, i) => ({ id: values[i]?.id ?? "", name, type, inPlace }));
  const needsPlace = indexName !== undefined || input.order.length > 0 || node.kind === "MvApplyOperator";
  return {
    columns,
    index,
    indexShown: indexName !== undefined,
    over: (below, copies) => {
      const made = extend(extend(below, sources), [...lists, ...copies]);
      const items = needsPlace ? [...raw, place] : raw;
      return extend({ op: "extend", input: made, items, expands: true }, values);
    },
  };
}

/** The columns after an expansion: a bare column is replaced in its place, an alias stands at the end. */
export function expandedColumns(
  columns: readonly PlanColumn[],
  { columns: parts, index, indexShown }: Expansion,
): PlanColumn[] {
  const result = [...columns];
  const names = new Names(columns.map((column) => column.name));
  for (const { inPlace, ...column } of parts) {
    const at = result.findIndex((c) => c.name === column.name);
    if (inPlace || at >= 0) result[at] = column;
    else result.push({ ...column, name: names.unique(column.name) });
  }
  return indexShown ? [...result, { ...index, name: names.unique(index.name) }] : result;
}

export const copiesOf = (columns: readonly PlanColumn[], context: Context): Item[] =>
  columns.map((column) => ({ id: context.id(), sql: columnScalar(column).sql }));
