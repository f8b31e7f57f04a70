import type { IncomingMessage, ServerResponse } from "node:http";
import { ZtlensError } from "../../src/core/errors.ts";
import type { QueryResult, ScalarType, Value } from "../../src/core/kusto.ts";
import type { Fault } from "./faults.ts";
import { type Running, readBody, sendJson, serveHttps } from "./https.ts";

export interface KustoServerOptions {
  readonly answer: (query: string) => Promise<QueryResult>;
  readonly tables?: readonly string[];
  readonly tokens?: ReadonlySet<string>;
  readonly fault?: (query: string, count: number) => Fault | undefined;
  readonly maxRows?: number;
  /** Frames while the query runs, when the client asks for them. */
  readonly progressive?: boolean;
  /** Path before `/v1` and `/v2`. */
  readonly prefix?: string;
  /** 404 where false: the client then takes the public cloud's defaults. */
  readonly metadata?: boolean;
  /** An error in the place of the last row, inside the table. */
  readonly rowError?: boolean;
}

export interface KustoServer extends Running {
  readonly queries: string[];
}

const NET: Readonly<Record<ScalarType, string>> = {
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

const limitError = (limit: string): object => ({
  error: {
    code: "LimitsExceeded",
    message: "Request is invalid and cannot be executed.",
    "@type": "Kusto.Data.Exceptions.KustoServicePartialQueryFailureLimitsExceededException",
    "@message": `Query execution has exceeded the allowed limits (80DA0003): The results of this query exceed the set limit of ${limit}`,
    "@permanent": false,
  },
});

function rowText(row: readonly Value[], types: readonly ScalarType[]): string {
  const cells = row.map((value, i) =>
    types[i] === "long" && typeof value === "string" ? value : JSON.stringify(value),
  );
  return `[${cells.join(",")}]`;
}

/** The frames of an answer; long numbers stand in full. */
function framesText({ columns, rows }: QueryResult, options: KustoServerOptions, progressive: boolean): string {
  const { maxRows = 500_000, rowError = false } = options;
  const types = columns.map(({ type }) => type);
  const head = JSON.stringify(columns.map(({ name, type }) => ({ ColumnName: name, ColumnType: type })));
  const cut = rows.length > maxRows;
  const texts = rows.slice(0, maxRows).map((row) => rowText(row, types));
  if (cut && rowError) texts.push(JSON.stringify({ OneApiErrors: [limitError(`${maxRows} records`)] }));
  const primary = '"TableId":1,"TableKind":"PrimaryResult","TableName":"PrimaryResult"';
  const half = Math.floor(texts.length / 2);
  const fragment = (type: string, part: readonly string[]): string =>
    `{"FrameType":"TableFragment","TableFragmentType":"${type}","TableId":1,"FieldCount":${columns.length},"Rows":[${part.join(",")}]}`;
  const body = progressive
    ? [
        `{"FrameType":"TableHeader",${primary},"Columns":${head}}`,
        fragment("DataAppend", texts.slice(0, 3)),
        // What was given first is replaced: a client that only appends would count rows twice.
        fragment("DataReplace", texts.slice(0, half)),
        '{"FrameType":"TableProgress","TableId":1,"TableProgress":50.0}',
        fragment("DataAppend", texts.slice(half)),
        `{"FrameType":"TableCompletion","TableId":1,"RowCount":${texts.length}}`,
      ]
    : [`{"FrameType":"DataTable",${primary},"Columns":${head},"Rows":[${texts.join(",")}]}`];
  const properties = {
    FrameType: "DataTable",
    TableId: 0,
    TableKind: "QueryProperties",
    TableName: "@ExtendedProperties",
    Columns: [
      { ColumnName: "TableId", ColumnType: "int" },
      { ColumnName: "Key", ColumnType: "string" },
      { ColumnName: "Value", ColumnType: "dynamic" },
    ],
    Rows: [[1, "Visualization", '{"Visualization":null}']],
  };
  const completion = {
    FrameType: "DataSetCompletion",
    HasErrors: cut,
    Cancelled: false,
    ...(cut && !rowError && { OneApiErrors: [limitError(`${maxRows} records`)] }),
  };
  const header = { FrameType: "DataSetHeader", IsProgressive: progressive, Version: "v2.0" };
  return `[${[JSON.stringify(header), JSON.stringify(properties), ...body, JSON.stringify(completion)].join(",")}]`;
}

function queryError(error: unknown): object {
  if (!(error instanceof ZtlensError)) throw error;
  const { line = 1, column = 1, message = error.message } = error.diagnostics[0] ?? {};
  return {
    error: {
      code: "General_BadRequest",
      message: "Request is invalid and cannot be executed.",
      "@type": "Kusto.Data.Exceptions.SemanticException",
      "@message": `Semantic error: ${message} [line:position=${line}:${column}]`,
      "@context": {},
      "@permanent": true,
    },
  };
}

const authMetadata = {
  AzureAD: {
    LoginEndpoint: "https://login.microsoftonline.com",
    LoginMfaRequired: false,
    KustoClientAppId: "db662dc1-0cfe-4e1c-a843-19a68e65be58",
    KustoClientRedirectUri: "https://microsoft/kustoclient",
    KustoServiceResourceId: "https://kusto.kusto.windows.net",
    FirstPartyAuthorityUrl: "https://login.microsoftonline.com/f8cdef31-a31e-4b4a-93e4-5f571e91255a",
  },
};

/** An HTTPS server that enforces Kusto's REST protocol over any engine. */
export async function serveKusto(options: KustoServerOptions): Promise<KustoServer> {
  const queries: string[] = [];
  const { prefix = "", tokens = new Set(["token"]), metadata = true } = options;
  const management = (csl: string, response: ServerResponse): void => {
    if (csl !== ".show tables") {
      sendJson(response, 400, { error: { code: "BadRequest", message: `Unknown command ${csl}` } });
      return;
    }
    const columns = ["TableName", "DatabaseName", "Folder", "DocString"];
    const Columns = columns.map((ColumnName) => ({ ColumnName, DataType: NET.string, ColumnType: "string" }));
    const Rows = (options.tables ?? []).map((name) => [name, "Logs", "", ""]);
    sendJson(response, 200, { Tables: [{ TableName: "Table_0", Columns, Rows }] });
  };
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = (request.url ?? "").slice(prefix.length);
    if (request.method === "GET" && path === "/v1/rest/auth/metadata" && metadata) {
      sendJson(response, 200, authMetadata);
      return;
    }
    const isKnown = ["/v1/rest/mgmt", "/v2/rest/query"].includes(path) && request.url?.startsWith(prefix);
    if (request.method !== "POST" || !isKnown) {
      sendJson(response, 404, { error: { code: "NotFound", message: "No such path" } });
      return;
    }
    const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (token === undefined || !tokens.has(token)) {
      sendJson(response, 401, { error: { code: "Unauthorized", message: "No valid token" } });
      return;
    }
    const body = JSON.parse(await readBody(request)) as {
      db?: string;
      csl?: string;
      properties?: { Options?: object };
    };
    if (typeof body.db !== "string" || typeof body.csl !== "string") {
      sendJson(response, 400, { error: { code: "BadRequest", message: "db and csl are required" } });
      return;
    }
    if (path === "/v1/rest/mgmt") {
      management(body.csl, response);
      return;
    }
    const fault = options.fault?.(body.csl, queries.length);
    queries.push(body.csl);
    let text: string;
    try {
      const wanted = (body.properties?.Options as { results_progressive_enabled?: boolean })
        ?.results_progressive_enabled;
      text = framesText(await options.answer(body.csl), options, wanted === true);
    } catch (error) {
      sendJson(response, 400, queryError(error));
      return;
    }
    if (fault) fault(response, text);
    else sendJson(response, 200, text);
  };
  const running = await serveHttps((request, response) => {
    handle(request, response).catch((error: unknown) => {
      sendJson(response, 500, { error: { code: "Internal", message: String(error) } });
    });
  });
  return { ...running, queries };
}
