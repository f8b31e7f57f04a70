import type { ScalarType } from "../../core/kusto.ts";
import { quoteLiteral } from "../../core/text/sql.ts";
import { rewriteRegex } from "../functions/support/regex.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import { asType } from "./coerce.ts";
import { type Context, type Environment, extend, Rows } from "./context.ts";
import { typeNamed } from "./literals.ts";
import type { Item, PlanColumn, Relation, Scalar } from "./types.ts";

interface Captured {
  readonly name: string;
  readonly type: ScalarType;
  /** The group of the pattern, from 1. */
  readonly group: number;
}

interface Pattern {
  readonly regex: string;
  readonly groups: number;
  readonly captured: readonly Captured[];
}

type Kind = "simple" | "relaxed" | "regex";

const META = /[\\^$.|?*+()[\]{}]/g;
const escapeText = (text: string): string => text.replace(META, "\\$&");

/** What a typed column looks like in the text when nothing delimits it. */
const SHAPES: Readonly<Partial<Record<ScalarType, string>>> = {
  int: "[-+]?[0-9]+",
  long: "[-+]?[0-9]+",
  real: "[-+]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][-+]?[0-9]+)?",
  decimal: "[-+]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)",
  bool: "(?:[Tt]rue|[Ff]alse|[01])",
  guid: "[0-9a-fA-F-]{36}",
};

const isText = (node: SyntaxNode | undefined): boolean =>
  node?.kind === "StringLiteralExpression" || node?.kind === "CompoundStringLiteralExpression";

/** The text of a column: lazy up to the next literal, all that is left at the end, its type's shape before `*`. */
function gap(type: ScalarType, next: SyntaxNode | undefined, kind: Kind): string {
  const shape = SHAPES[type];
  if (kind === "regex") return shape ?? ".*";
  if (next?.kind === "StarExpression" && shape) return shape;
  return next === undefined ? ".*" : ".*?";
}

function patternOf(nodes: readonly SyntaxNode[], kind: Kind, flags: string, context: Context): Pattern {
  let regex = "";
  let groups = 0;
  const captured: Captured[] = [];
  for (const [i, node] of nodes.entries()) {
    if (node.kind === "StarExpression") {
      regex += kind === "regex" ? ".*" : ".*?";
    } else if (isText(node)) {
      const own =
        kind === "regex" ? rewriteRegex(node.stringValue) : { pattern: escapeText(node.stringValue), groups: 0 };
      regex += own.pattern;
      groups += own.groups;
    } else {
      const typed = node.kind === "NameAndTypeDeclaration";
      const type = typed ? typeNamed(node.get("Type").text) : "string";
      if (!type) return context.refuse(node, `${node.text} has no known type.`);
      groups++;
      captured.push({ name: typed ? node.get("Name").name : node.name, type, group: groups });
      regex += `(${gap(type, nodes[i + 1], kind)})`;
    }
  }
  return { regex: anchored(regex, kind, flags), groups, captured };
}

function anchored(regex: string, kind: Kind, flags: string): string {
  const inline = kind === "regex" ? [...new Set(`s${flags}`)].join("") : "s";
  return kind === "regex" ? `(?${inline})${regex}` : `(?${inline})^${regex}$`;
}

export interface Parsed {
  readonly relation: Relation;
  /** SQL of whether the text fits the pattern and, unless relaxed, every typed column has a value. */
  readonly matched: string;
}

/** `parse` and `parse-where`: columns cut out of a text. */
export function parseColumns(node: SyntaxNode, input: Relation, context: Context, environment: Environment): Parsed {
  const kind = (node.parameter("kind")?.text ?? "simple") as Kind;
  if (!["simple", "relaxed", "regex"].includes(kind))
    return context.refuse(node, `parse knows simple, regex and relaxed, not ${kind}.`);
  const flags = node.parameter("flags")?.text ?? "";
  if (!/^[Uims]*$/.test(flags)) return context.refuse(node, `parse flags are U, i, m and s, not ${flags}.`);
  const rows = new Rows(input);
  const text = asType(context.scalar(node.get("Expression"), { environment, rows }), "string").sql;
  const pattern = patternOf(node.items("Patterns"), kind, flags, context);
  const literal = quoteLiteral(pattern.regex);
  const names = Array.from({ length: pattern.groups }, (_, i) => `'g${i + 1}'`).join(", ");
  const found: Item = {
    id: context.id(),
    sql: names === "" ? "NULL" : `regexp_extract(${text}, ${literal}, [${names}])`,
  };
  const match: Item = { id: context.id(), sql: `regexp_matches(${text}, ${literal})` };
  const values = pattern.captured.map(
    ({ type, group }): Scalar => asType({ sql: `${found.id}.g${group}`, type: "string", notNull: true }, type),
  );
  const typed = values.filter((value) => value.type !== "string").map((value) => `(${value.sql}) IS NOT NULL`);
  const strict = kind !== "relaxed" && typed.length > 0;
  const complete: Item = { id: context.id(), sql: strict ? `(${typed.join(" AND ")})` : match.id };
  const items = values.map(
    (value): Item => ({
      id: context.id(),
      sql: strict
        ? `CASE WHEN ${complete.id} THEN ${value.sql} ${value.type === "string" ? "ELSE ''" : ""} END`
        : value.sql,
    }),
  );
  const columns = replaceColumns(rows.relation.columns, pattern.captured, items);
  const below = extend(extend(rows.relation.node, [found, match]), [complete]);
  const matched = strict ? `${match.id} AND ${complete.id}` : match.id;
  return { relation: { ...rows.relation, node: extend(below, items), columns }, matched };
}

/** A column of a known name is replaced in its place. */
export function replaceColumns(
  columns: readonly PlanColumn[],
  captured: readonly { name: string; type: ScalarType }[],
  items: readonly Item[],
): PlanColumn[] {
  const result = [...columns];
  captured.forEach(({ name, type }, i) => {
    const column = { id: items[i]?.id ?? "", name, type };
    const at = result.findIndex((c) => c.name === name);
    if (at >= 0) result[at] = column;
    else result.push(column);
  });
  return result;
}
