import type { Column } from "../../core/kusto.ts";
import { packageVersion } from "../../core/package.ts";
import { badRequest } from "../failure.ts";
import type { Service } from "../types.ts";
import { type KustoRequest, NET_TYPES, tableV1 } from "./query.ts";

interface Context {
  readonly service: Service;
  readonly database: string;
}

interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

type Command = readonly [form: RegExp, run: (context: Context, table: string) => Answer | Promise<Answer>];

const VERSION = ["BuildVersion", "BuildTime", "ServiceType", "ProductVersion"];
const DATABASES = ["DatabaseName", "PersistentStorage", "Version", "IsCurrent", "DatabaseAccessMode", "PrettyName"];

function version(): Answer {
  return { columns: VERSION, rows: [[packageVersion(), "", "Engine", `ztlens ${packageVersion()}`]] };
}

function databases({ database }: Context): Answer {
  return { columns: DATABASES, rows: [[database, "", "v1.0", "true", "ReadOnly", ""]] };
}

/** The commands that clients ask to find their way about. Source: https://learn.microsoft.com/kusto/management/ */
const COMMANDS: readonly Command[] = [
  [/^\.show version$/i, version],
  [/^\.show databases$/i, databases],
  [/^\.show tables$/i, tables],
  [/^\.show tables details$/i, details],
  [/^\.show table (?<name>\S+) details$/i, details],
  [/^\.show table (?<name>\S+) cslschema$/i, cslSchema],
  [/^\.show table (?<name>\S+) schema as json$/i, tableSchema],
  [/^\.show functions$/i, functions],
  [/^\.show (?:databases? (?:\S+ )?)?schema$/i, schemaRows],
  [/^\.show (?:databases? (?:\S+ )?)?schema as json$/i, schemaJson],
];

const bareName = (name: string): string => /^\[(["'])(.*)\1\]$/.exec(name)?.[2] ?? name;

/** A management command, and the query that may follow it, as the first version of the protocol answers. */
export async function runCommand(request: KustoRequest, service: Service): Promise<object> {
  const bar = request.csl.indexOf("|");
  const text = (bar < 0 ? request.csl : request.csl.slice(0, bar)).trim().replaceAll(/\s+/g, " ");
  for (const [pattern, run] of COMMANDS) {
    const match = pattern.exec(text);
    if (!match) continue;
    const answer = await run({ service, database: request.database }, bareName(match.groups?.name ?? ""));
    return bar < 0
      ? { Tables: [tableV1("Table_0", answer.columns.map(column), answer.rows)] }
      : piped(answer, request.csl.slice(bar), service);
  }
  throw badRequest(
    `This endpoint does not know the command ${JSON.stringify(text.slice(0, 120))}: it reads exported logs and shows their schema.`,
  );
}

const column = (name: string): Column => ({ name, type: name.endsWith("Count") ? "long" : "string" });
const literal = (value: string): string =>
  JSON.stringify(value).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");

/** `.show … | where …`: the command's rows are the query's input. */
async function piped({ columns, rows }: Answer, rest: string, service: Service): Promise<object> {
  const declared = columns.map((name) => `${name}:${column(name).type}`).join(", ");
  const values = rows.flatMap((row) =>
    row.map((value, i) => (column(columns[i] ?? "").type === "long" ? value : literal(value))),
  );
  const result = await service.backend.query(`datatable(${declared})[${values.join(", ")}] ${rest}`);
  return { Tables: [tableV1("Table_0", result.columns, result.rows)] };
}

const namesOf = ({ service }: Context): string[] => [...service.backend.schema.names()].sort();

function columnsOf({ service }: Context, table: string): readonly Column[] {
  const columns = service.backend.schema.table(table)?.columns;
  if (!columns) throw badRequest(`There is no table named ${JSON.stringify(table)}.`);
  return columns;
}

function tables(context: Context): Answer {
  const rows = namesOf(context).map((name) => [name, context.database, "", ""]);
  return { columns: ["TableName", "DatabaseName", "Folder", "DocString"], rows };
}

async function details(context: Context, only: string): Promise<Answer> {
  const found = [...(await context.service.backend.tables())].filter(([name]) => only === "" || name === only);
  const rows = found.map(([name, { rows: count }]) => [name, context.database, "", "", String(count)]);
  return { columns: ["TableName", "DatabaseName", "Folder", "DocString", "TotalRowCount"], rows };
}

const SCHEMA_COLUMNS = ["TableName", "Schema", "DatabaseName", "Folder", "DocString"];
/** Names that are no identifiers are quoted as KQL quotes them. */
const quoted = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : `[${literal(name)}]`);

function cslSchema(context: Context, table: string): Answer {
  const text = columnsOf(context, table)
    .map(({ name, type }) => `${quoted(name)}:${type}`)
    .join(",");
  return { columns: SCHEMA_COLUMNS, rows: [[table, text, context.database, "", ""]] };
}

const orderedColumns = (columns: readonly Column[]): object[] =>
  columns.map(({ name, type }) => ({ Name: name, Type: `System.${NET_TYPES[type]}`, CslType: type }));

function tableSchema(context: Context, table: string): Answer {
  const schema = { Name: table, OrderedColumns: orderedColumns(columnsOf(context, table)) };
  return { columns: SCHEMA_COLUMNS, rows: [[table, JSON.stringify(schema), context.database, "", ""]] };
}

/** `(parameters) { body }`, as saved, in two parts. */
function partsOf(source: string): { parameters: string; body: string } {
  const brace = source.indexOf("{");
  return { parameters: source.slice(0, brace).trim(), body: source.slice(brace).trim() };
}

function functions({ service }: Context): Answer {
  const rows = [...(service.backend.schema.functions ?? [])].map(([name, source]) => {
    const { parameters, body } = partsOf(source);
    return [name, parameters, body, "", ""];
  });
  return { columns: ["Name", "Parameters", "Body", "Folder", "DocString"], rows };
}

const ROW_COLUMNS = [
  "DatabaseName",
  "TableName",
  "ColumnName",
  "ColumnType",
  "IsDefaultTable",
  "IsDefaultColumn",
  "PrettyName",
  "Version",
  "Folder",
  "DocString",
];

function schemaRows(context: Context): Answer {
  const row = (table: string, name: string, type: string): string[] => [
    ...[context.database, table, name, type],
    ...["false", "false", "", "v1.0", "", ""],
  ];
  const rows = namesOf(context).flatMap((table) =>
    columnsOf(context, table).map(({ name, type }) => row(table, name, `System.${NET_TYPES[type]}`)),
  );
  return { columns: ROW_COLUMNS, rows };
}

function schemaJson(context: Context): Answer {
  const entries = namesOf(context).map((table): [string, object] => [
    table,
    {
      Name: table,
      Folder: "",
      DocString: "",
      OrderedColumns: orderedColumns(columnsOf(context, table)),
      EntityType: "Table",
    },
  ]);
  const saved = [...(context.service.backend.schema.functions ?? [])].map(([name, source]): [string, object] => [
    name,
    { Name: name, Body: partsOf(source).body, Folder: "", DocString: "", FunctionKind: "Unknown" },
  ]);
  const database = {
    Name: context.database,
    Tables: Object.fromEntries(entries),
    ExternalTables: {},
    MaterializedViews: {},
    Functions: Object.fromEntries(saved),
    MajorVersion: 1,
    MinorVersion: 0,
    DatabaseAccessMode: "ReadOnly",
  };
  return { columns: ["DatabaseSchema"], rows: [[JSON.stringify({ Databases: { [context.database]: database } })]] };
}
