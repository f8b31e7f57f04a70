import type { ScalarType } from "../../core/kusto.ts";
import { quoteLiteral } from "../../core/text/sql.ts";
import type { OperatorLowering } from "../plan/context.ts";
import type { PlanColumn, ValuesItem } from "../plan/types.ts";

const DATA_TYPES: Readonly<Record<ScalarType, string>> = {
  bool: "System.SByte",
  int: "System.Int32",
  long: "System.Int64",
  real: "System.Double",
  decimal: "System.Data.SqlTypes.SqlDecimal",
  string: "System.String",
  datetime: "System.DateTime",
  timespan: "System.TimeSpan",
  guid: "System.Guid",
  dynamic: "System.Object",
};

const OUTPUT = [
  ["ColumnName", "string"],
  ["ColumnOrdinal", "int"],
  ["DataType", "string"],
  ["ColumnType", "string"],
] as const;

/** `getschema`: one row per column of the input. */
const getSchema: OperatorLowering = (_node, input, context) => {
  const items = OUTPUT.map(([, type]): ValuesItem => ({ id: context.id(), type }));
  const columns = OUTPUT.map(([name, type], i): PlanColumn => ({ id: items[i]?.id ?? "", name, type }));
  const rows = input.columns.map(({ name, type }, i) => [
    quoteLiteral(name),
    String(i),
    quoteLiteral(DATA_TYPES[type]),
    quoteLiteral(type),
  ]);
  return { node: { op: "values", items, rows }, columns, order: [], serialized: false };
};

export default getSchema;
