import type { TokenCredential } from "@azure/identity";
import { UsageError, ZtlensError } from "../../core/errors.ts";
import { packageVersion } from "../../core/package.ts";
import { formatTimespan, TICKS_PER_SECOND } from "../../core/ticks.ts";
import { isLoopback } from "../auth/clouds.ts";
import { credentialFailure } from "../auth/credential.ts";
import { causes, type ErrorBody, innermost, kindOf, RequestFailure, retryAfterOf } from "../live/errors.ts";
import { parseExactJson } from "../live/json.ts";
import type { Answer, Request, Transport } from "../live/transport.ts";
import { clusterUrl, DEFAULT_SCOPE, type Flavour, flavourOf } from "./endpoints.ts";
import { readFrames } from "./frames.ts";
import { withTimespan } from "./timespan.ts";

export interface KustoClientOptions {
  /** Root of the REST API, such as `https://help.westeurope.kusto.windows.net`. */
  readonly cluster: string;
  readonly database: string;
  /** Absent: requests go without a token, which only a local endpoint may ask for. */
  readonly credential?: TokenCredential;
  /** Asks for frames while the query still runs. */
  readonly progressive?: boolean;
}

/** A cluster names its resource; only Microsoft's own may be given a token for it. */
const RESOURCE =
  /^https:\/\/[\w.-]+\.(?:windows\.net|microsoft\.com|usgovcloudapi\.net|chinacloudapi\.cn|loganalytics\.io)\/?$/;

/** Kusto's REST API (v2 frames): Azure Data Explorer, Fabric Eventhouse, the Sentinel data lake. */
export class KustoTransport implements Transport {
  readonly name: string;
  readonly system: string;
  readonly flavour: Flavour;
  readonly #url: URL;
  readonly #options: KustoClientOptions;
  #scope: Promise<string> | undefined;
  #known: Promise<ReadonlySet<string>> | undefined;

  constructor(options: KustoClientOptions) {
    this.#url = clusterUrl(options.cluster);
    if (!options.credential && !isLoopback(this.#url)) {
      throw new UsageError(`${options.cluster} needs a token; --auth none is for local use.`);
    }
    this.flavour = flavourOf(this.#url);
    this.name = `${this.flavour.name} ${this.#url.host}/${options.database}`;
    this.system = this.flavour.system;
    this.#options = options;
  }

  async ask(request: Request): Promise<Answer> {
    const { kql, timespan, id, signal } = request;
    const { database, progressive = false } = this.#options;
    const body = {
      db: database,
      csl: timespan ? withTimespan(kql, await this.#tables(id, signal), timespan) : kql,
      properties: {
        Options: {
          servertimeout: formatTimespan(BigInt(this.flavour.timeout) * TICKS_PER_SECOND),
          request_readonly: true,
          ...(progressive && { results_progressive_enabled: true }),
        },
      },
    };
    return readFrames(await this.#post("/v2/rest/query", body, id, signal));
  }

  /** The tables of the database: only what is there can be narrowed. */
  #tables(id: string, signal: AbortSignal | undefined): Promise<ReadonlySet<string>> {
    this.#known ??= this.#post("/v1/rest/mgmt", { db: this.#options.database, csl: ".show tables" }, id, signal)
      .then(tableNames)
      .catch((error: unknown) => {
        this.#known = undefined;
        throw error;
      });
    return this.#known;
  }

  async #post(path: string, body: object, id: string, signal: AbortSignal | undefined): Promise<unknown> {
    const token = await this.#token();
    const headers = {
      accept: "application/json",
      "content-type": "application/json; charset=utf-8",
      "x-ms-app": `ztlens/${packageVersion()}`,
      "x-ms-user": "ztlens",
      "x-ms-client-version": `ztlens/${packageVersion()}`,
      "x-ms-version": "2024-12-12",
      "x-ms-client-request-id": `ztlens;${id}`,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const init = { method: "POST", headers, body: JSON.stringify(body), redirect: "error" as const };
    try {
      const response = await fetch(this.#at(path), { ...init, ...(signal && { signal }) });
      const answer = parse(await response.text());
      if (!response.ok) throw refusal(response, answer);
      return answer;
    } catch (cause) {
      throw cause instanceof RequestFailure ? cause : broken(cause, signal);
    }
  }

  #at(path: string): URL {
    return new URL(`${this.#url.pathname.replace(/\/+$/, "")}${path}`, this.#url);
  }

  async #token(): Promise<string | undefined> {
    const { credential } = this.#options;
    if (!credential) return undefined;
    this.#scope ??= this.#readScope();
    try {
      return (await credential.getToken(await this.#scope))?.token;
    } catch (error) {
      throw error instanceof ZtlensError ? error : (credentialFailure(error) ?? broken(error, undefined));
    }
  }

  /** The scope that the cluster names; clusters that name none take the public one. */
  async #readScope(): Promise<string> {
    if (this.flavour.scope !== undefined) return this.flavour.scope;
    try {
      const response = await fetch(this.#at("/v1/rest/auth/metadata"), { redirect: "error" });
      const body = response.ok ? ((await response.json()) as { AzureAD?: { KustoServiceResourceId?: unknown } }) : {};
      const resource = body.AzureAD?.KustoServiceResourceId;
      return typeof resource === "string" && RESOURCE.test(resource)
        ? `${resource.replace(/\/$/, "")}/.default`
        : DEFAULT_SCOPE;
    } catch (cause) {
      this.#scope = undefined;
      throw new RequestFailure({ kind: "transient", message: `${this.#url.host} cannot be reached` }, { cause });
    }
  }
}

function broken(cause: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  const inner = cause instanceof Error ? (cause.cause ?? cause) : cause;
  const message = inner instanceof Error ? inner.message : String(inner);
  return new RequestFailure({ kind: "transient", message: message || "the connection broke" }, { cause });
}

interface ManagementAnswer {
  readonly Tables?: readonly {
    readonly Columns: readonly { readonly ColumnName: string }[];
    readonly Rows: readonly (readonly unknown[])[];
  }[];
}

function tableNames(answer: unknown): ReadonlySet<string> {
  const [table] = (answer as ManagementAnswer | undefined)?.Tables ?? [];
  if (!table) throw new RequestFailure({ kind: "transient", message: "the list of tables is no table" });
  const index = table.Columns.findIndex(({ ColumnName }) => ColumnName === "TableName");
  return new Set(table.Rows.map((row) => String(row[index])));
}

function parse(text: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    return undefined;
  }
}

function refusal({ status, headers }: Response, answer: unknown): RequestFailure {
  const error = (answer as { error?: ErrorBody } | undefined)?.error;
  const inner = innermost(error);
  const message = inner?.["@message"] ?? inner?.message ?? `the answer is HTTP ${status} without a reason`;
  // Status 520 is a partial failure of the query; what is not permanent may pass.
  const kind = status === 520 && error?.["@permanent"] === true ? "query" : kindOf(status, error);
  const retryAfter = retryAfterOf(headers);
  const code = causes(error).findLast((cause) => cause.code !== undefined)?.code ?? "QUERY001";
  return new RequestFailure({
    kind,
    message,
    status,
    code,
    ...(retryAfter !== undefined && { retryAfter }),
    ...(kind === "query" && { diagnostics: [{ code, message, severity: "error" as const, ...placeOf(message) }] }),
  });
}

/** `[line:position=2:9]`, as Kusto writes the place of a mistake into its message. */
function placeOf(message: string): { readonly line?: number; readonly column?: number } {
  const match = /line:position=(\d+):(\d+)/.exec(message);
  return match ? { line: Number(match[1]), column: Number(match[2]) } : {};
}
