import type { Column, ScalarType, Timespan } from "../../core/kusto.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import { parseFunction } from "../syntax/parse.ts";
import type { TableSource } from "../types.ts";
import { asType, nullOf } from "./coerce.ts";
import { type Context, Environment, extend } from "./context.ts";
import { typeNamed } from "./literals.ts";
import { closest } from "./suggest.ts";
import type { Item, PlanColumn, PlanNode, Relation, SortKey, ValuesItem } from "./types.ts";

const UNORDERED = { order: [], serialized: false } as const;

/** When the service received a row, where an export has it. */
export const ARRIVAL = "_TimeReceived";

/** A table with data, restricted to the query's timespan. */
export function scan(source: TableSource, timespan: Timespan | undefined, context: Context): Relation {
  const columns = source.columns.map(({ name, type }): PlanColumn => ({ id: context.id(), name, type }));
  const items = source.columns.map(({ sql, name }, i) => ({ id: columns[i]?.id ?? "", sql, name }));
  const node: PlanNode = { op: "scan", sql: source.sql, table: source.name, items };
  const datetime = (name: string): string | undefined =>
    columns.find((column) => column.name === name && column.type === "datetime")?.id;
  const [event, arrival] = [datetime("TimeGenerated"), datetime(ARRIVAL)];
  const { arrivedBy, byArrival } = context.arrival;
  const time = byArrival === true && arrival ? (event ? `COALESCE(${arrival}, ${event})` : arrival) : event;
  const conditions: string[] = [];
  if (timespan && time) conditions.push(`${time} >= ${timespan.start} AND ${time} < ${timespan.end}`);
  if (arrivedBy !== undefined && arrival) conditions.push(`(${arrival} IS NULL OR ${arrival} <= ${arrivedBy})`);
  return {
    ...UNORDERED,
    node: conditions.reduce<PlanNode>(
      (input, condition) => ({ op: "filter", input, condition, isTimespan: arrivedBy === undefined }),
      node,
    ),
    columns,
    source: source.name,
  };
}

/** A table without rows. */
export function emptyTable(
  columns: readonly { name: string; type: ScalarType }[],
  context: Context,
  source?: string,
): Relation {
  const items = columns.map(({ type }): ValuesItem => ({ id: context.id(), type }));
  const named = columns.map(({ name, type }, i): PlanColumn => ({ id: items[i]?.id ?? "", name, type }));
  return { ...UNORDERED, node: { op: "values", items, rows: [] }, columns: named, ...(source ? { source } : {}) };
}

/** What nothing describes: no rows, and every column that the text names. */
export function openTable(node: SyntaxNode, name: string, context: Context): Relation {
  context.absent.add(name);
  const near = closest(name, context.schema.names());
  const message = `Nothing describes ${name}: it is taken as an empty table that has any column.`;
  context.warn(node, "KQL112", message, near && `Did you mean ${near}?`);
  const table = emptyTable(context.unknown?.columns ?? [], context, name);
  return { ...table, columns: table.columns.map((column) => ({ ...column, unknown: true })) };
}

/** The columns that Azure Monitor gives every table of a workspace, whether or not a table's own page lists them. */
const STANDARD: readonly Column[] = [
  { name: "TimeGenerated", type: "datetime" },
  { name: "TenantId", type: "string" },
  { name: "Type", type: "string" },
  { name: "SourceSystem", type: "string" },
  { name: "_ItemId", type: "string" },
  { name: "_ResourceId", type: "string" },
  { name: "_SubscriptionId", type: "string" },
];

/** Columns that tables of the older agents have, and Sentinel's own parsers read, although no page lists them. */
const UNLISTED: Readonly<Record<string, readonly Column[]>> = {
  DnsEvents: [{ name: "ReportReferenceLink", type: "string" }],
  SecurityEvent: [{ name: "EventOriginId", type: "string" }],
  W3CIISLog: [
    { name: "sComputerName", type: "string" },
    { name: "FileUri", type: "string" },
    { name: "ReportReferenceLink", type: "string" },
  ],
};

/** Where undescribed tables are open, a custom table and AzureDiagnostics have columns that no catalogue can list. */
function opened(relation: Relation, context: Context): Relation {
  if (!context.unknown) return relation;
  const { source = "" } = relation;
  if (source.endsWith("_CL") || source === "AzureDiagnostics") return withAnyColumn(relation, context);
  const used = new Set(context.unknown.columns.map(({ name }) => name));
  return withColumnsOf(
    relation,
    [...STANDARD, ...(UNLISTED[source] ?? [])].filter(({ name }) => used.has(name)),
    context,
  );
}

/** What is added is not known, every column that the text names and the input lacks is added, all null. */
export const withAnyColumn = (input: Relation, context: Context): Relation =>
  withColumnsOf(input, context.unknown?.columns ?? [], context);

function withColumnsOf(input: Relation, wanted: readonly Column[], context: Context): Relation {
  const names = new Set(input.columns.map(({ name }) => name));
  const columns = wanted
    .filter(({ name }) => !names.has(name))
    .map((column): PlanColumn => ({ ...column, id: context.id(), unknown: true }));
  const items = columns.map(({ id, type }) => ({ id, sql: nullOf(type).sql }));
  return { ...input, node: extend(input.node, items), columns: [...input.columns, ...columns] };
}

/** The relation of a name that no let statement binds: a table, a saved function, or a declared table without data. */
export function tableNamed(node: SyntaxNode, name: string, timespan: Timespan | undefined, context: Context): Relation {
  const source = context.schema.table(name);
  if (source) return opened(scan(source, timespan, context), context);
  const saved = context.schema.functions?.get(name);
  const declaration = saved === undefined ? undefined : parseFunction(saved);
  const body = declaration?.get("Body").child("Expression");
  if (declaration && body) {
    const environment = new Environment(context.environment);
    for (const statement of declaration.get("Body").items("Statements")) context.statement(statement, environment);
    return context.tabular(body, environment);
  }
  const declared = context.schema.declared?.(name);
  if (declared) {
    context.absent.add(name);
    context.warn(node, "KQL110", `The table ${name} holds no data.`);
    return opened(emptyTable(declared, context, name), context);
  }
  if (context.unknown) return openTable(node, name, context);
  const near = closest(name, context.schema.names());
  return context.refuse(node, `There is no table named ${name}.`, near && `Did you mean ${near}?`);
}

/** The columns that a `(name:type, …)` schema declares. */
export function declaredColumns(schema: SyntaxNode, context: Context): { name: string; type: ScalarType }[] {
  return schema
    .items("Columns")
    .filter((item) => item.kind === "NameAndTypeDeclaration")
    .map((item) => {
      const type = typeNamed(item.get("Type").text);
      return type
        ? { name: item.get("Name").name, type }
        : context.refuse(item, `${item.get("Type").text} is not a type.`);
    });
}

const ascending = (sql: string): SortKey => ({ sql, descending: false, nullsFirst: true });

/** `datatable(…)[…]`: rows in the order of the text. */
export function dataTable(node: SyntaxNode, context: Context, environment: Environment): Relation {
  const declared = declaredColumns(node.get("Schema"), context);
  const values = node.items("Values");
  if (declared.length === 0 || values.length % declared.length !== 0)
    return context.refuse(
      node,
      `datatable has ${values.length} values for ${declared.length} columns; every row needs all of them.`,
    );
  const cells = values.map((value, i) => {
    const type = declared[i % declared.length]?.type ?? "dynamic";
    const scalar = context.scalar(value, { environment });
    return (scalar.constant === null ? nullOf(type) : asType(scalar, type)).sql;
  });
  const place: ValuesItem = { id: context.id(), type: "long" };
  const items = declared.map(({ type }): ValuesItem => ({ id: context.id(), type }));
  const rows = Array.from({ length: cells.length / declared.length }, (_, i) => [
    ...cells.slice(i * declared.length, (i + 1) * declared.length),
    String(i),
  ]);
  const columns = declared.map(({ name, type }, i): PlanColumn => ({ id: items[i]?.id ?? "", name, type }));
  return {
    node: { op: "values", items: [...items, place], rows },
    columns,
    arrival: [ascending(place.id)],
    order: [],
    serialized: false,
  };
}

/** One row without columns. */
export const oneRow: PlanNode = { op: "values", items: [], rows: [[]] };

const MAX_ROWS = 100_000_000n;

/** How many of the rows the next operator takes, where the text says it. */
function takenOf(node: SyntaxNode): bigint | undefined {
  const next = node.parent?.kind === "PipeExpression" ? node.parent.get("Operator") : undefined;
  const count = next?.kind === "TakeOperator" ? next.get("Expression") : undefined;
  return count?.kind === "LongLiteralExpression" && BigInt(count.text) <= MAX_ROWS ? BigInt(count.text) : undefined;
}

/** `range x from a to b step c`: the end belongs to it. */
export function rangeTable(node: SyntaxNode, context: Context, environment: Environment): Relation {
  const [from, to, step] = ["From", "To", "Step"].map((side) => context.scalar(node.get(side), { environment }));
  if (!from || !to || !step) return context.refuse(node, "range needs from, to and step.");
  const types = [from, to, step].map((one) => one.type).filter((one) => one !== "dynamic");
  if (new Set(types.map((one) => one === "datetime" || one === "timespan")).size > 1)
    return context.refuse(node, `range goes from ${from.type} to ${to.type} in steps of ${step.type}.`);
  const number = from.type === "dynamic" ? "long" : from.type;
  const type: ScalarType =
    number === "int" && to.type === "int" && step.type === "int"
      ? "int"
      : [from, to, step].some((s) => s.type === "real") && number !== "datetime" && number !== "timespan"
        ? "real"
        : number === "int"
          ? "long"
          : number;
  const stepType: ScalarType = type === "datetime" ? "timespan" : type;
  const [a, b, c] = [asType(from, type), asType(to, type), asType(step, stepType)];
  const taken = takenOf(node);
  const [first = Number.NaN, last = Number.NaN, size = Number.NaN] = [a, b, c].map(({ constant }) =>
    typeof constant === "bigint" || typeof constant === "number" ? Number(constant) : Number.NaN,
  );
  if (size !== 0 && (last - first) / size > MAX_ROWS && taken === undefined)
    return context.refuse(node, `range gives more than ${MAX_ROWS} rows.`, "Take a longer step.");
  const [index, id] = [context.id(), context.id()];
  const steps =
    type === "real"
      ? `floor((${b.sql} - ${a.sql}) / NULLIF(${c.sql}, 0) + 1e-9)`
      : `(${b.sql} - ${a.sql}) // NULLIF(${c.sql}, 0)`;
  const ordered = `((${b.sql} >= ${a.sql}) = (${c.sql} > 0) OR ${b.sql} = ${a.sql})`;
  const sign = type === "real" ? `(${ordered} AND NOT isnan(${b.sql} - ${a.sql}))` : ordered;
  const series: Item = {
    id: index,
    sql: `unnest(range(0, CASE WHEN ${sign} THEN least(${steps} + 1, ${taken ?? MAX_ROWS}) ELSE 0 END::BIGINT))`,
  };
  const value: Item = { id, sql: `(${a.sql} + ${index} * ${c.sql})${type === "int" ? "::INTEGER" : ""}` };
  return {
    node: extend({ op: "extend", input: oneRow, items: [series], expands: true }, [value]),
    columns: [{ id, name: node.get("Name").name, type }],
    order: [ascending(index)],
    ordinal: index,
    serialized: true,
  };
}
