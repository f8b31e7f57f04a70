import { badRequest } from "../failure.ts";
import type { Failure, InnerError, Protocol, Request, Response, Service } from "../types.ts";
import { runCommand } from "./commands.ts";
import { answerV1, answerV2, type KustoRequest } from "./query.ts";

const HEADERS = { "content-type": "application/json; charset=utf-8" };

type Route = (request: Request, service: Service) => Promise<Response>;

/** The data lake and proxies put a prefix before `/v1` and `/v2`. */
const ROUTES: readonly [RegExp, string, Route][] = [
  [/\/v1\/rest\/auth\/metadata$/i, "GET", async () => json(AUTHENTICATION)],
  [/\/v1\/rest\/mgmt$/i, "POST", async (request, service) => json(await runCommand(kustoRequest(request), service))],
  [/\/v1\/rest\/query$/i, "POST", async (request, service) => answerEither(kustoRequest(request), service, answerV1)],
  [/\/v2\/rest\/query$/i, "POST", async (request, service) => answerEither(kustoRequest(request), service, answerV2)],
];

/** Tokens, where they are asked for at all, are this endpoint's own: there is no directory to ask. */
const AUTHENTICATION = {
  AzureAD: {
    LoginEndpoint: "https://login.microsoftonline.com",
    LoginMfaRequired: false,
    KustoClientAppId: "",
    KustoClientRedirectUri: "",
    KustoServiceResourceId: "https://kusto.kusto.windows.net",
    FirstPartyAuthorityUrl: "",
  },
};

/**
 * The REST API of Kusto (Azure Data Explorer, Fabric, the Sentinel data lake) over exported logs, as one database
 * under whatever name it is asked for. Source: https://learn.microsoft.com/kusto/api/rest/
 */
export const kusto: Protocol = {
  handle(request, service) {
    const route = ROUTES.find(([path, method]) => path.test(request.path) && method === request.method);
    return route?.[2](request, service);
  },
  error: (failure) => ({ status: failure.status, headers: HEADERS, body: [JSON.stringify(oneApiError(failure))] }),
};

const json = (body: object): Response => ({ status: 200, headers: HEADERS, body: [JSON.stringify(body)] });

async function answerEither(
  request: KustoRequest,
  service: Service,
  answer: (request: KustoRequest, service: Service) => Promise<Response>,
): Promise<Response> {
  return request.csl.trimStart().startsWith(".") ? json(await runCommand(request, service)) : answer(request, service);
}

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

function kustoRequest({ body, signal }: Request): KustoRequest {
  if (typeof body.csl !== "string") throw badRequest('The request has no query: give it as "csl".');
  const properties = record(typeof body.properties === "string" ? parsed(body.properties) : body.properties);
  const parameters = Object.entries(record(properties.Parameters)).map(([name, value]): [string, string] => [
    name,
    typeof value === "object" ? `dynamic(${JSON.stringify(value)})` : String(value),
  ]);
  return {
    csl: body.csl,
    database: typeof body.db === "string" && body.db !== "" ? body.db : "NetDefaultDB",
    options: record(properties.Options),
    parameters: new Map(parameters),
    signal,
  };
}

/** Older clients send the properties as JSON text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw badRequest("The properties of the request are not JSON.");
  }
}

const TYPES: Readonly<Record<InnerError["kind"], string>> = {
  SyntaxError: "Kusto.Data.Exceptions.SyntaxException",
  SemanticError: "Kusto.Data.Exceptions.SemanticException",
};

/** The error object of Microsoft's REST guidelines, as Kusto fills it. */
export function oneApiError({ code, message, inner }: Failure): object {
  const type = inner ? TYPES[inner.kind] : "Kusto.DataNode.Exceptions.KustoServiceException";
  const where = inner?.line === undefined ? "" : ` [line:position=${inner.line}:${inner.position}]`;
  const text = inner
    ? `${inner.kind === "SyntaxError" ? "Syntax" : "Semantic"} error: ${inner.code}: ${inner.message}.${where}`
    : message;
  return {
    error: {
      code: inner ? "General_BadRequest" : code,
      message: inner ? "Request is invalid and cannot be executed." : message,
      "@type": type,
      "@message": text,
      "@context": inner?.line === undefined ? {} : { line: inner.line, position: inner.position },
      "@permanent": inner !== undefined,
    },
  };
}
