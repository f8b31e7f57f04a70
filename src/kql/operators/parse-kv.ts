import { quoteLiteral } from "../../core/text/sql.ts";
import { rewriteRegex } from "../functions/support/regex.ts";
import { asType } from "../plan/coerce.ts";
import { extend, type OperatorLowering, Rows } from "../plan/context.ts";
import { KEY_VALUE, type KeyValueOptions } from "../plan/key-values.ts";
import { replaceColumns } from "../plan/parsing.ts";
import { declaredColumns } from "../plan/tables.ts";
import type { Item } from "../plan/types.ts";
import type { SyntaxNode } from "../syntax/node.ts";

function propertiesOf(node: SyntaxNode): ReadonlyMap<string, string> {
  const properties = node.child("WithClause")?.items("Properties") ?? [];
  return new Map(
    properties.map((property) => {
      const value = property.get("Expression");
      return [property.get("Name").name, value.stringValue || value.text];
    }),
  );
}

function optionsOf(given: ReadonlyMap<string, string>): KeyValueOptions {
  const points = [...(given.get("quote") ?? "")];
  return {
    pair: given.get("pair_delimiter") ?? "",
    kv: given.get("kv_delimiter") ?? "=",
    open: points[0] ?? "",
    close: points[1] ?? points[0] ?? "",
    escape: given.get("escape") ?? "",
    greedy: given.get("greedy") === "true",
  };
}

/** The first group of the pattern is a key, the second its value. */
function byRegex(text: string, regex: string): (name: string) => string {
  const pattern = quoteLiteral(rewriteRegex(regex).pattern);
  const group = (n: number): string => `regexp_extract_all(${text}, ${pattern}, ${n})`;
  const keys = `list_transform(${group(1)}, lambda kql_k: trim(kql_k))`;
  return (name) => `COALESCE(trim(list_extract(${group(2)}, list_position(${keys}, ${quoteLiteral(name)}))), '')`;
}

/** `parse-kv`: the values of known keys in a text of pairs. */
const parseKv: OperatorLowering = (node, input, context, environment) => {
  const given = propertiesOf(node);
  const rows = new Rows(input);
  const text = asType(context.scalar(node.get("Expression"), { environment, rows }), "string").sql;
  const regex = given.get("regex");
  if (regex !== undefined && rewriteRegex(regex).groups !== 2)
    return context.refuse(node, "The regex of parse-kv needs two groups: the key and the value.");
  const settings = quoteLiteral(JSON.stringify(optionsOf(given)));
  const read =
    regex === undefined
      ? (name: string): string => `kql_key_value(${text}, ${quoteLiteral(name)}, ${settings})`
      : byRegex(text, regex);
  context.use([KEY_VALUE]);
  const keys = declaredColumns(node.get("Keys"), context);
  const items = keys.map(({ name, type }): Item => {
    return { id: context.id(), sql: asType({ sql: read(name), type: "string", notNull: true }, type).sql };
  });
  const columns = replaceColumns(rows.relation.columns, keys, items);
  return { ...rows.relation, node: extend(rows.relation.node, items), columns };
};

export default parseKv;
