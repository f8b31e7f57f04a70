import { type Column, SCALAR_TYPES, type ScalarType } from "../core/kusto.ts";
import { emptyRow, isObject, type Json, member, type Row, text } from "./shape.ts";

/** A table of a query API's answer. */
export interface ApiTable {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Json[])[];
}

const CLR: Readonly<Record<string, ScalarType>> = {
  sbyte: "bool",
  boolean: "bool",
  int32: "int",
  int64: "long",
  double: "real",
  sqldecimal: "decimal",
  object: "dynamic",
  date: "datetime",
  float: "real",
};

function typeOf(column: Json): ScalarType {
  const stated = text(member(column, "type") ?? member(column, "ColumnType") ?? member(column, "DataType"));
  const bare = stated.replace(/^System\.(Data\.SqlTypes\.)?/, "").toLowerCase();
  return CLR[bare] ?? SCALAR_TYPES.find((type) => type === bare) ?? "string";
}

const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

function tableOf(value: Json): ApiTable {
  return {
    name: text(member(value, "name") ?? member(value, "TableName")),
    columns: list(member(value, "columns") ?? member(value, "Columns")).map((column) => ({
      name: text(member(column, "name") ?? member(column, "ColumnName")),
      type: typeOf(column),
    })),
    rows: list(member(value, "rows") ?? member(value, "Rows")).filter((row): row is readonly Json[] =>
      Array.isArray(row),
    ),
  };
}

/** Kusto v1 ends with a table of contents that says which tables are results; the others are the engine's own. */
function v1(tables: readonly Json[]): ApiTable[] {
  const all = tables.map(tableOf);
  const contents = all.at(-1);
  const kind = contents?.columns.findIndex(({ name }) => name === "Kind") ?? -1;
  if (all.length < 3 || kind < 0) return all.slice(0, 1);
  return all.filter((_, i) => contents?.rows[i]?.[kind] === "QueryResult");
}

/** The primary result of progressive frames: header, fragments, completion. */
function progressive(frames: readonly Json[]): ApiTable[] {
  const tables = new Map<string, ApiTable>();
  for (const frame of frames) {
    const id = text(member(frame, "TableId"));
    if (member(frame, "FrameType") === "TableHeader" && member(frame, "TableKind") === "PrimaryResult")
      tables.set(id, tableOf(frame));
    const table = tables.get(id);
    if (table && member(frame, "FrameType") === "TableFragment") {
      const rows = tableOf(frame).rows;
      const replaces = member(frame, "TableFragmentType") === "DataReplace";
      tables.set(id, { ...table, rows: replaces ? rows : [...table.rows, ...rows] });
    }
  }
  return [...tables.values()];
}

/** The result tables of an answer of the Log Analytics API (single or batch) or of Kusto's REST API (v1, v2). */
export function tablesOfAnswer(answer: Json): ApiTable[] {
  if (Array.isArray(answer)) {
    const whole = answer.filter(
      (frame) => member(frame, "FrameType") === "DataTable" && member(frame, "TableKind") === "PrimaryResult",
    );
    return [...whole.map(tableOf), ...progressive(answer)];
  }
  const v1Tables = member(answer, "Tables");
  if (Array.isArray(v1Tables)) return v1(v1Tables);
  const responses = list(member(answer, "responses"));
  if (responses.length > 0)
    return responses.flatMap((response) => {
      const body = member(response, "body");
      return isObject(body) ? tablesOfAnswer(body) : [];
    });
  return list(member(answer, "tables")).map(tableOf);
}

/** Why the answer is not all there is, in the service's words; of a batch, why which of its answers is not. */
export function partialError(answer: Json): string | undefined {
  const error = member(answer, "error");
  if (isObject(error)) return text(member(error, "message") ?? member(error, "code"));
  const reasons = list(member(answer, "responses")).flatMap((response) => {
    const why = partialError(member(response, "body") ?? null);
    return why === undefined ? [] : [`response ${text(member(response, "id"))}: ${why}`];
  });
  return reasons.length > 0 ? reasons.join(" ") : undefined;
}

export function rowOf(columns: readonly Column[], cells: readonly Json[]): Row {
  const row = emptyRow();
  for (const [i, { name }] of columns.entries()) row[name] = cells[i] ?? null;
  return row;
}
