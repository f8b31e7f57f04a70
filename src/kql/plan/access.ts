import { quoteLiteral } from "../../core/text/sql.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import { asType, atom } from "./coerce.ts";
import type { Context, Scope } from "./context.ts";
import type { Scalar } from "./types.ts";

/** One step of a path: a member's name or an index, as SQL of a JSON path without its `$`. */
type Step = { readonly constant: string } | { readonly dynamic: Scalar };

/** Members whose name needs no escape in a DuckDB JSON path, which cannot name the member without a name. */
const PLAIN = /^[^"\\*\0]+$/;

const memberStep = (name: string): Step | undefined => (PLAIN.test(name) ? { constant: `."${name}"` } : undefined);

/** A text as dynamic: text that is no JSON has no members. */
const bagOf = (value: Scalar): Scalar =>
  value.type === "string"
    ? { sql: `CASE WHEN json_valid(${atom(value.sql)}) THEN ${value.sql} END`, type: "dynamic" }
    : value;

function extracted(base: string, path: string): Scalar {
  const sql = `NULLIF(json_extract(${base}, ${path})::VARCHAR, 'null')`;
  return { sql, type: "dynamic", json: { base, path } };
}

/** A path that ends in a constant step grows; anything else starts a new one. */
function step(value: Scalar, next: string): Scalar {
  const json = value.json;
  if (json?.path.endsWith("'")) return extracted(json.base, `${json.path.slice(0, -1)}${next.replaceAll("'", "''")}'`);
  return extracted(atom(value.sql), quoteLiteral(`$${next}`));
}

/** JSON Pointer text of a name that rows decide. */
const pointer = (sql: string): string => `'/' || replace(replace(${sql}, '~', '~0'), '/', '~1')`;

function named(value: Scalar, name: string): Scalar {
  const constant = memberStep(name);
  if (constant && "constant" in constant) return step(value, constant.constant);
  return extracted(atom(value.sql), quoteLiteral(`/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`));
}

/** `d.name`. */
export function pathAccess(value: Scalar, name: string): Scalar {
  return named(bagOf(value), name);
}

/** `d[…]`: a text is a member, a number an index; a negative one counts from the end. */
export function elementAccess(
  node: SyntaxNode,
  value: Scalar,
  selector: SyntaxNode,
  context: Context,
  scope: Scope,
): Scalar {
  const bag = bagOf(value);
  const index = context.scalar(selector, scope);
  if (bag.type !== "dynamic")
    return context.refuse(node, `A ${value.type} value has no elements.`, "Only dynamic values and JSON text do.");
  if (typeof index.constant === "string" && index.type === "string") return named(bag, index.constant);
  if (typeof index.constant === "bigint")
    return step(bag, index.constant < 0n ? `[#${index.constant}]` : `[${index.constant}]`);
  if (index.type === "string") return extracted(atom(bag.sql), pointer(index.sql));
  if (index.type !== "dynamic") return byIndex(bag, asType(index, "long").sql);
  const isText = `starts_with(${atom(index.sql)}, '"')`;
  const member = extracted(atom(bag.sql), pointer(asType(index, "string").sql));
  return {
    sql: `CASE WHEN ${isText} THEN ${member.sql} ELSE ${byIndex(bag, asType(index, "long").sql).sql} END`,
    type: "dynamic",
  };
}

const byIndex = (bag: Scalar, index: string): Scalar =>
  extracted(atom(bag.sql), `(CASE WHEN ${atom(index)} < 0 THEN '$[#' ELSE '$[' END || ${atom(index)} || ']')`);
