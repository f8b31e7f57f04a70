import type { OpenResult, QueryOptions } from "../../backends/types.ts";
import type { Column, ScalarType } from "../../core/kusto.ts";
import { parseIsoDatetime } from "../../core/ticks.ts";
import { cutMessage, type Ending, rowTexts } from "../cells.ts";
import { failureOf } from "../failure.ts";
import { limitsOf } from "../limits.ts";
import { type Limits, NO_LIMITS, RequestError, type Response, type Service } from "../types.ts";

export interface KustoRequest {
  readonly csl: string;
  readonly database: string;
  /** The client request properties. Source: https://learn.microsoft.com/kusto/api/rest/request-properties */
  readonly options: Readonly<Record<string, unknown>>;
  readonly parameters: ReadonlyMap<string, string>;
  readonly signal: AbortSignal;
}

const DEFAULT_TIMEOUT = 240;
const LONGEST_TIMEOUT = 3600;
const HEADERS = { "content-type": "application/json; charset=utf-8" };

/** `.NET` names that the first version of the protocol gives beside Kusto's. */
export const NET_TYPES: Readonly<Record<ScalarType, string>> = {
  bool: "SByte",
  int: "Int32",
  long: "Int64",
  real: "Double",
  decimal: "SqlDecimal",
  string: "String",
  datetime: "DateTime",
  timespan: "TimeSpan",
  guid: "Guid",
  dynamic: "Object",
};

interface Open {
  readonly result: OpenResult;
  readonly limits: Limits;
  readonly timeout: AbortSignal;
}

/** `00:04:00` or `00:04:00.0000000`, at most one hour. */
function timeoutSeconds(value: unknown): number {
  const [, hours, minutes, seconds] = /^(\d+):(\d+):(\d+)/.exec(String(value ?? "")) ?? [];
  if (hours === undefined) return DEFAULT_TIMEOUT;
  return Math.min(LONGEST_TIMEOUT, Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) || DEFAULT_TIMEOUT;
}

async function open({ csl, options, parameters, signal }: KustoRequest, service: Service): Promise<Open> {
  const timeout = AbortSignal.timeout(timeoutSeconds(options.servertimeout) * 1000);
  const now = parseIsoDatetime(String(options.query_now ?? "")) ?? service.now;
  const query: QueryOptions = {
    signal: AbortSignal.any([signal, timeout]),
    parameters,
    ...(now !== undefined && { now }),
  };
  const limits = limitsOf(csl, options, options.notruncation === true ? NO_LIMITS : service.limits);
  return { result: await service.backend.openQuery(csl, query), limits, timeout };
}

/** What fails before the first row gets a status of its own; the rest is told inside the answer. */
async function respond(pieces: AsyncGenerator<string>, timeout: AbortSignal): Promise<Response> {
  try {
    const first = await pieces.next();
    return { status: 200, headers: HEADERS, body: chain(first.value, pieces) };
  } catch (cause) {
    if (!timeout.aborted) throw cause;
    throw new RequestError(
      { status: 504, code: "Timeout", message: "The query ran longer than servertimeout." },
      { cause },
    );
  }
}

async function* chain(first: string | undefined, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  if (first !== undefined) yield first;
  yield* rest;
}

export async function answerV2(request: KustoRequest, service: Service): Promise<Response> {
  const { result, limits, timeout } = await open(request, service);
  const progressive = request.options.results_progressive_enabled === true;
  return respond(progressive ? progressiveFrames(result, limits) : frames(result, limits), timeout);
}

export async function answerV1(request: KustoRequest, service: Service): Promise<Response> {
  const { result, limits, timeout } = await open(request, service);
  return respond(tables(result, limits), timeout);
}

const columnsV2 = (columns: readonly Column[]): object[] =>
  columns.map(({ name, type }) => ({ ColumnName: name, ColumnType: type }));

const visualization = ({ render }: OpenResult): string =>
  JSON.stringify({ Visualization: render?.visualization ?? null, Title: render?.title ?? null });

const properties = (result: OpenResult): object => ({
  FrameType: "DataTable",
  TableId: 0,
  TableKind: "QueryProperties",
  TableName: "@ExtendedProperties",
  Columns: columnsV2([
    { name: "TableId", type: "int" },
    { name: "Key", type: "string" },
    { name: "Value", type: "dynamic" },
  ]),
  Rows: [[1, "Visualization", visualization(result)]],
});

const COMPLETION_COLUMNS = columnsV2([
  { name: "Timestamp", type: "datetime" },
  { name: "ClientRequestId", type: "string" },
  { name: "ActivityId", type: "guid" },
  { name: "SubActivityId", type: "guid" },
  { name: "ParentActivityId", type: "guid" },
  { name: "Level", type: "int" },
  { name: "LevelName", type: "string" },
  { name: "StatusCode", type: "int" },
  { name: "StatusCodeName", type: "string" },
  { name: "EventType", type: "int" },
  { name: "EventTypeName", type: "string" },
  { name: "Payload", type: "string" },
]);
const NO_ACTIVITY = "00000000-0000-0000-0000-000000000000";

const completionRow = (): unknown[] => [
  new Date().toISOString(),
  "",
  ...[NO_ACTIVITY, NO_ACTIVITY, NO_ACTIVITY],
  ...[4, "Info", 0, "S_OK (0)", 4, "QueryInfo"],
  JSON.stringify({ Count: 1, Text: "Query completed successfully" }),
];

const completionTable = (): object => ({
  FrameType: "DataTable",
  TableId: 2,
  TableKind: "QueryCompletionInformation",
  TableName: "QueryCompletionInformation",
  Columns: COMPLETION_COLUMNS,
  Rows: [completionRow()],
});

const LIMITS_EXCEEDED = "Kusto.Data.Exceptions.KustoServicePartialQueryFailureLimitsExceededException";

/** Why the rows are not all there is, in the form of Microsoft's REST guidelines; undefined where they are. */
function partialError(ending: Ending, limits: Limits): object | undefined {
  if (ending.cut !== undefined) {
    const text = `Query execution has exceeded the allowed limits (80DA0003): ${cutMessage(ending, limits)}`;
    return oneError("LimitsExceeded", "Request is invalid and cannot be executed.", LIMITS_EXCEEDED, text);
  }
  if (ending.failed === undefined) return undefined;
  const { message } = failureOf(ending.failed);
  return oneError(
    "Internal service error",
    message,
    "Kusto.Data.Exceptions.KustoServicePartialQueryFailureException",
    message,
  );
}

const oneError = (code: string, message: string, type: string, text: string): object => ({
  error: { code, message, "@type": type, "@message": text, "@context": {}, "@permanent": false },
});

function end(ending: Ending, limits: Limits): string {
  const error = partialError(ending, limits);
  const completion = {
    FrameType: "DataSetCompletion",
    HasErrors: error !== undefined,
    Cancelled: false,
    ...(error && { OneApiErrors: [error] }),
  };
  return `${JSON.stringify(completionTable())},${JSON.stringify(completion)}]`;
}

const head = (progressive: boolean): string =>
  JSON.stringify({ FrameType: "DataSetHeader", IsProgressive: progressive, Version: "v2.0" });

async function* frames(result: OpenResult, limits: Limits): AsyncGenerator<string> {
  const ending: Ending = { rows: 0, bytes: 0 };
  const columns = JSON.stringify(columnsV2(result.columns));
  let before = `[${head(false)},${JSON.stringify(properties(result))},{"FrameType":"DataTable","TableId":1,"TableKind":"PrimaryResult","TableName":"PrimaryResult","Columns":${columns},"Rows":[`;
  for await (const text of rowTexts(result, "json", limits, ending)) {
    yield before + text;
    before = "";
  }
  yield `${before}]},${end(ending, limits)}`;
}

/** The same rows in fragments, with the count so far after each. */
async function* progressiveFrames(result: OpenResult, limits: Limits): AsyncGenerator<string> {
  const ending: Ending = { rows: 0, bytes: 0 };
  const columns = JSON.stringify(columnsV2(result.columns));
  let before = `[${head(true)},${JSON.stringify(properties(result))},{"FrameType":"TableHeader","TableId":1,"TableKind":"PrimaryResult","TableName":"PrimaryResult","Columns":${columns}}`;
  for await (const text of rowTexts(result, "json", limits, ending)) {
    const rows = text.startsWith(",") ? text.slice(1) : text;
    yield `${before},{"FrameType":"TableFragment","TableFragmentType":"DataAppend","TableId":1,"FieldCount":${result.columns.length},"Rows":[${rows}]}`;
    before = "";
  }
  yield `${before},{"FrameType":"TableCompletion","TableId":1,"RowCount":${ending.rows}},${end(ending, limits)}`;
}

/** A table of the first version of the protocol. */
export const tableV1 = (name: string, columns: readonly Column[], rows: readonly (readonly unknown[])[]): object => ({
  TableName: name,
  Columns: columnsV1(columns),
  Rows: rows,
});

const columnsV1 = (columns: readonly Column[]): object[] =>
  columns.map(({ name, type }) => ({ ColumnName: name, DataType: NET_TYPES[type], ColumnType: type }));

const text = (name: string): Column => ({ name, type: "string" });
const CONTENTS: readonly Column[] = [
  { name: "Ordinal", type: "long" },
  ...["Kind", "Name", "Id", "PrettyName"].map(text),
];

async function* tables(result: OpenResult, limits: Limits): AsyncGenerator<string> {
  const ending: Ending = { rows: 0, bytes: 0 };
  let before = `{"Tables":[{"TableName":"Table_0","Columns":${JSON.stringify(columnsV1(result.columns))},"Rows":[`;
  for await (const rows of rowTexts(result, "json", limits, ending)) {
    yield before + rows;
    before = "";
  }
  const error = partialError(ending, limits);
  const failure = error ? `${ending.rows > 0 ? "," : ""}${JSON.stringify({ OneApiErrors: [error] })}` : "";
  const status = ["Timestamp", "Severity", "SeverityName", "StatusCode", "StatusDescription"].map(text);
  const rest = [
    tableV1("Table_1", [text("Value")], [[visualization(result)]]),
    tableV1("Table_2", status, [[new Date().toISOString(), "4", "Info", "0", "Query completed successfully"]]),
    tableV1("Table_3", CONTENTS, [
      [0, "QueryResult", "PrimaryResult", "", ""],
      [1, "QueryProperties", "@ExtendedProperties", "", ""],
      [2, "QueryStatus", "QueryStatus", "", ""],
    ]),
  ];
  yield `${before}${failure}]},${rest.map((table) => JSON.stringify(table)).join(",")}]}`;
}
