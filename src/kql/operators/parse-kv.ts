import { quoteLiteral } from "../../core/text/sql.ts";
import { asType } from "../plan/coerce.ts";
import { extend, type OperatorLowering, Rows } from "../plan/context.ts";
import { KEY_VALUE, type KeyValueOptions } from "../plan/key-values.ts";
import { replaceColumns } from "../plan/parsing.ts";
import { declaredColumns } from "../plan/tables.ts";
import type { Item } from "../plan/types.ts";

/** `parse-kv`: the values of known keys in a text of pairs. */
const parseKv: OperatorLowering = (node, input, context, environment) => {
  const given = new Map<string, string>();
  for (const property of node.child("WithClause")?.items("Properties") ?? []) {
    const value = property.get("Expression");
    given.set(property.get("Name").name, value.stringValue || value.text);
  }
  if (given.has("regex")) return context.unsupported(node, "parse-kv with (regex=…)");
  const quote = given.get("quote") ?? "";
  const pair = given.get("pair_delimiter");
  if (pair === undefined) return context.unsupported(node, "parse-kv without pair_delimiter");
  const points = [...quote];
  const options: KeyValueOptions = {
    pair,
    kv: given.get("kv_delimiter") ?? "=",
    open: points[0] ?? "",
    close: points[1] ?? points[0] ?? "",
    escape: given.get("escape") ?? "",
    greedy: given.get("greedy") === "true",
  };
  const rows = new Rows(input);
  const text = asType(context.scalar(node.get("Expression"), { environment, rows }), "string").sql;
  const keys = declaredColumns(node.get("Keys"), context);
  context.use([KEY_VALUE]);
  const settings = quoteLiteral(JSON.stringify(options));
  const items = keys.map(({ name, type }): Item => {
    const sql = `kql_key_value(${text}, ${quoteLiteral(name)}, ${settings})`;
    return { id: context.id(), sql: asType({ sql, type: "string", notNull: true }, type).sql };
  });
  const columns = replaceColumns(rows.relation.columns, keys, items);
  return { ...rows.relation, node: extend(rows.relation.node, items), columns };
};

export default parseKv;
