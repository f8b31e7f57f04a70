import type { Diagnostic } from "../../core/errors.ts";
import type { Value } from "../../core/kusto.ts";
import { causes, type ErrorBody, innermost, kindOf, RequestFailure, retryAfterOf } from "../live/errors.ts";
import { parseExactJson } from "../live/json.ts";
import type { Answer } from "../live/transport.ts";
import { normalizeRows, scalarType } from "../live/values.ts";

interface Response {
  readonly status: number;
  readonly headers: { get(name: string): string | undefined };
  readonly bodyAsText?: string | null;
}

interface Body {
  readonly tables?: readonly {
    readonly columns: readonly { readonly name: string; readonly type: string }[];
    readonly rows: Value[][];
  }[];
  readonly error?: ErrorBody;
  readonly permissions?: { readonly dataSources?: readonly { readonly denyTables?: readonly string[] }[] };
}

const SEVERITY_WARNING = 3;

function parse(text: string | null | undefined): Body | undefined {
  try {
    const body = text ? parseExactJson(text) : undefined;
    return typeof body === "object" && body !== null ? (body as Body) : undefined;
  } catch {
    return undefined;
  }
}

function diagnosticOf(error: ErrorBody | undefined): Diagnostic {
  const chain = causes(error);
  const inner = innermost(error);
  const { line, pos } = chain.find((cause) => cause.line !== undefined) ?? {};
  return {
    code: chain.findLast(({ code }) => code !== undefined)?.code ?? "QUERY001",
    message: inner?.message ?? "The service refused the query.",
    severity: "error",
    ...(line !== undefined && { line }),
    ...(pos !== undefined && { column: pos }),
  };
}

function refusal({ status, headers }: Response, body: Body | undefined): RequestFailure {
  const error = body?.error;
  const kind = kindOf(status, error);
  const retryAfter = retryAfterOf({ get: (name) => headers.get(name) });
  const message = innermost(error)?.message ?? `the answer is HTTP ${status} without a reason`;
  return new RequestFailure({
    kind,
    message,
    status,
    ...(error?.code !== undefined && { code: error.code }),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(kind === "query" && { diagnostics: [diagnosticOf(error)] }),
  });
}

/**
 * Splits a partial error: warnings (severity 3) say what is not there, such as a table of a fuzzy union; anything else
 * says that rows are missing.
 */
function partial(error: ErrorBody): { readonly cut?: string; readonly warnings: readonly string[] } {
  const remarks = causes(error).filter(({ severity }) => severity !== undefined);
  const isWarning = ({ severity = 0 }: ErrorBody): boolean => severity >= SEVERITY_WARNING;
  const warnings = remarks.filter(isWarning).map(({ message = "" }) => message);
  const [worst] = remarks.filter((remark) => !isWarning(remark));
  if (remarks.length > 0 && !worst) return { warnings };
  return { warnings, cut: (worst ?? innermost(error))?.message ?? "the service gave a part of the rows" };
}

/** Reads an answer of the query API. Throws `RequestFailure` for whatever is no result. */
export function readAnswer(response: Response): Answer {
  const body = parse(response.bodyAsText);
  if (response.status >= 400) throw refusal(response, body);
  const table = body?.tables?.[0];
  if (response.status !== 200 || !body || !table || !Array.isArray(table.rows)) {
    const message = body?.error
      ? (innermost(body.error)?.message ?? "an error without a reason")
      : "the answer has no rows";
    throw new RequestFailure({ kind: "transient", message, status: response.status });
  }
  const columns = table.columns.map(({ name, type }) => ({ name, type: scalarType(type) }));
  normalizeRows(columns, table.rows, "text");
  const { cut, warnings } = body.error ? partial(body.error) : { warnings: [] };
  const denied = body.permissions?.dataSources?.flatMap(({ denyTables = [] }) => denyTables) ?? [];
  return {
    columns,
    rows: table.rows,
    warnings,
    ...(cut !== undefined && { cut }),
    ...(denied.length > 0 && { denied }),
  };
}
