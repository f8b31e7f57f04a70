import { badRequest, failureOf } from "../failure.ts";
import type { Failure, Protocol, Request, Response, Service } from "../types.ts";
import { metadata } from "./metadata.ts";
import { answer, type LogsRequest } from "./query.ts";

/** `/v1/workspaces/{id}/query`, `/v1/subscriptions/…/query`; `search` is the same for Basic and Auxiliary tables. */
const ROUTE = /^\/v1\/(workspaces\/[^/]+|subscriptions\/.+)\/(query|search|metadata)$/i;
const BATCH = /^\/v1\/\$batch$/i;
const HEADERS = { "content-type": "application/json; charset=utf-8" };

/**
 * The Log Analytics query API over exported logs. One workspace is served, under whatever id it is asked for.
 * Source: https://learn.microsoft.com/azure/azure-monitor/logs/api/overview
 */
export const logs: Protocol = {
  handle(request, service) {
    if (BATCH.test(request.path) && request.method === "POST") return answerBatch(request, service);
    const [, scope, action] = ROUTE.exec(request.path) ?? [];
    if (scope === undefined || action === undefined) return undefined;
    if (request.method !== "GET" && request.method !== "POST") return undefined;
    if (action.toLowerCase() === "metadata") return Promise.resolve(metadata(scope, service));
    return answer(logsRequest(request, scope), service);
  },
  error: (failure) => ({ status: failure.status, headers: HEADERS, body: [JSON.stringify(errorBody(failure))] }),
};

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

function logsRequest({ query, body, headers, signal }: Request, scope: string): LogsRequest {
  const kql = textOf(body.query) ?? query.get("query");
  if (kql === null) throw badRequest("The request has no query.");
  const timespan = textOf(body.timespan) ?? query.get("timespan") ?? textOf(headers.timespan);
  requireOneWorkspace(body.workspaces ?? query.get("workspaces")?.split(","), scope);
  return { kql, timespan, prefer: preferences(headers.prefer), scope, signal };
}

/** Another workspace's rows are not here, and leaving them out would be a wrong answer. */
function requireOneWorkspace(workspaces: unknown, scope: string): void {
  const own = scope.slice(scope.indexOf("/") + 1);
  const others = Array.isArray(workspaces) ? workspaces.filter((id) => id !== own) : [];
  if (others.length > 0)
    throw badRequest("This endpoint serves one workspace; it cannot answer for additional workspaces.");
}

const preferences = (header: string | string[] | undefined): ReadonlyMap<string, string> =>
  new Map(
    [header ?? ""].flat().flatMap((line) =>
      line.split(/[,;]/).map((part): [string, string] => {
        const [name = "", value = "true"] = part.split("=");
        return [name.trim().toLowerCase(), value.trim().toLowerCase()];
      }),
    ),
  );

/** The error object of the API. */
export function errorBody({ code, message, inner }: Failure): object {
  if (!inner) return { error: { message, code } };
  const where = inner.line === undefined ? {} : { line: inner.line, pos: inner.position };
  const sentence =
    inner.kind === "SyntaxError" ? "A recognition error occurred in the query." : "A semantic error occurred.";
  const innererror = {
    code: inner.kind,
    message: sentence,
    innererror: { code: inner.code, message: inner.message, ...where },
  };
  return { error: { message, code, innererror } };
}

interface BatchItem {
  readonly id: string;
  readonly workspace: string;
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readonly<Record<string, unknown>>;
}

const isItem = (value: unknown): value is BatchItem => {
  const { id, workspace } = (value ?? {}) as Partial<BatchItem>;
  return typeof id === "string" && typeof workspace === "string";
};

/** Sub-requests, answered in their order; one that fails answers for itself. */
async function answerBatch(request: Request, service: Service): Promise<Response> {
  const { requests } = request.body;
  if (!Array.isArray(requests) || !requests.every(isItem)) throw badRequest("The batch has no list of requests.");
  const responses: string[] = [];
  for (const { id, workspace, headers = {}, body = {} } of requests) {
    const scope = `workspaces/${workspace}`;
    const { status, text } = await answerItem(
      { ...request, headers, body, query: new URLSearchParams() },
      scope,
      service,
    );
    responses.push(
      `{"id":${JSON.stringify(id)},"status":${status},"headers":{"Content-Type":"application/json; charset=utf-8"},"body":${text}}`,
    );
  }
  return { status: 200, headers: HEADERS, body: [`{"responses":[${responses.join(",")}]}`] };
}

async function answerItem(
  request: Request,
  scope: string,
  service: Service,
): Promise<{ status: number; text: string }> {
  const response = await answerOrFail(request, scope, service);
  let text = "";
  for await (const piece of response.body) text += piece;
  return { status: response.status, text };
}

async function answerOrFail(request: Request, scope: string, service: Service): Promise<Response> {
  try {
    return await answer(logsRequest(request, scope), service);
  } catch (error) {
    return logs.error(failureOf(error));
  }
}
