import type { OpenResult, QueryOptions } from "../../backends/types.ts";
import { cutMessage, type Ending, rowTexts } from "../cells.ts";
import { failureOf } from "../failure.ts";
import { limitsOf } from "../limits.ts";
import { parseTimespan } from "../timespan.ts";
import { type Limits, RequestError, type Response, type Service } from "../types.ts";

export interface LogsRequest {
  readonly kql: string;
  readonly timespan: string | undefined;
  /** The options of the `Prefer` header. */
  readonly prefer: ReadonlyMap<string, string>;
  /** `workspaces/{id}` or a resource. */
  readonly scope: string;
  readonly signal: AbortSignal;
}

const LONGEST_WAIT = 600;
const DEFAULT_WAIT = 180;
const HEADERS = { "content-type": "application/json; charset=utf-8" };

/** Runs a query and answers in the API's form: tables, then the error of a part, then statistics, render, permissions. */
export async function answer(request: LogsRequest, service: Service): Promise<Response> {
  const started = performance.now();
  const wait = Math.min(LONGEST_WAIT, Number(request.prefer.get("wait") ?? DEFAULT_WAIT) || DEFAULT_WAIT);
  const timeout = AbortSignal.timeout(wait * 1000);
  const options: QueryOptions = {
    signal: AbortSignal.any([request.signal, timeout]),
    ...(service.now !== undefined && { now: service.now }),
    ...(request.timespan !== undefined && { timespan: parseTimespan(request.timespan, service.now) }),
  };
  try {
    const result = await service.backend.openQuery(request.kql, options);
    const limits = limitsOf(request.kql, {}, service.limits);
    const body = parts(request, result, limits, started);
    // The first piece holds the first rows: what fails before them still gets a status of its own.
    const first = await body.next();
    return { status: 200, headers: HEADERS, body: chain(first.value, body) };
  } catch (cause) {
    if (!timeout.aborted) throw cause;
    const message = `Kusto query timed out after ${wait} s`;
    throw new RequestError({ status: 504, code: "GatewayTimeout", message }, { cause });
  }
}

async function* chain(first: string | undefined, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  if (first !== undefined) yield first;
  yield* rest;
}

async function* parts(
  request: LogsRequest,
  result: OpenResult,
  limits: Limits,
  started: number,
): AsyncGenerator<string> {
  const ending: Ending = { rows: 0, bytes: 0 };
  let head = `{"tables":[{"name":"PrimaryResult","columns":${JSON.stringify(result.columns)},"rows":[`;
  for await (const text of rowTexts(result, "text", limits, ending)) {
    yield head + text;
    head = "";
  }
  yield `${head}]}]${tail(request, result, ending, limits, started)}}`;
}

function tail(
  { prefer, scope }: LogsRequest,
  { render }: OpenResult,
  ending: Ending,
  limits: Limits,
  started: number,
): string {
  const members: Record<string, unknown> = {};
  if (ending.cut !== undefined) members.error = partialError(cutMessage(ending, limits), "-2133196797");
  if (ending.failed !== undefined) members.error = partialError(failureOf(ending.failed).message, "-2133196799");
  if (prefer.get("include-statistics") === "true")
    members.statistics = statistics((performance.now() - started) / 1000, ending);
  if (prefer.get("include-render") === "true") members.render = { ...NO_RENDER, ...render };
  if (prefer.get("include-permissions") === "true")
    members.permissions = { resources: [], dataSources: [{ resourceId: `/${scope}`, denyTables: [] }] };
  return Object.entries(members)
    .map(([name, value]) => `,${JSON.stringify(name)}:${JSON.stringify(value)}`)
    .join("");
}

const partialError = (message: string, code: string): object => ({
  code: "PartialError",
  message: "There were some errors when processing your query.",
  details: [
    {
      code: "EngineError",
      message: "Something went wrong processing your query on the server.",
      innererror: { code, message, severity: 2, severityName: "Error" },
    },
  ],
});

const statistics = (executionTime: number, { rows, bytes }: Ending): object => ({
  query: { executionTime, datasetStatistics: [{ tableRowCount: rows, tableSize: bytes }] },
});

const NO_RENDER = {
  visualization: null,
  title: null,
  accumulate: false,
  isQuerySorted: false,
  kind: null,
  legend: null,
  series: null,
  yMin: "NaN",
  yMax: "NaN",
  xAxis: null,
  xColumn: null,
  xTitle: null,
  yAxis: null,
  yColumns: null,
  ySplit: null,
  yTitle: null,
  anomalyColumns: null,
};
