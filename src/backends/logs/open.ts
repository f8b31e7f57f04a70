import { UsageError } from "../../core/errors.ts";
import { type Cloud, ENDPOINTS } from "../auth/clouds.ts";
import { type AuthMethod, createCredential } from "../auth/credential.ts";
import { LiveBackend, type LiveOptions } from "../live/backend.ts";
import { LOGS_LIMITS } from "../live/limiter.ts";

export interface LogsOptions extends LiveOptions {
  /** GUID or resource id. Further ones are asked together with the first. */
  readonly workspaces: readonly string[];
  readonly auth: AuthMethod;
  readonly cloud?: Cloud;
  /** Another address of the API: a private link, or `ztlens serve`. */
  readonly endpoint?: string;
  /** The tables that are asked are on the Basic or Auxiliary plan. */
  readonly basic?: boolean;
  /** Seconds per query. */
  readonly timeout?: number;
}

const BASIC_CONCURRENCY = 2;

/** The API's root with its version, without which every path is unknown. */
export function versioned(endpoint: string): string {
  if (!URL.canParse(endpoint)) throw new UsageError(`${endpoint} is no URL.`);
  const bare = endpoint.replace(/\/+$/, "");
  return /\/v\d+$/.test(bare) ? bare : `${bare}/v1`;
}

/** A Log Analytics or Sentinel workspace, or several as one. Throws `UsageError` for options that do not fit. */
export async function openLogs(options: LogsOptions): Promise<LiveBackend> {
  const { cloud = "public", workspaces, basic = false } = options;
  const [workspace, ...additionalWorkspaces] = workspaces;
  if (workspace === undefined) throw new UsageError("No workspace was named.");
  const credential = await createCredential({ method: options.auth, cloud });
  // The SDK is loaded by whoever asks, not by whoever imports.
  const { LogsTransport } = await import("./client.ts");
  const transport = new LogsTransport({
    workspace,
    endpoint: versioned(options.endpoint ?? ENDPOINTS[cloud].logs),
    scope: ENDPOINTS[cloud].logsScope,
    route: basic ? "search" : "query",
    ...(additionalWorkspaces.length > 0 && { additionalWorkspaces }),
    ...(credential && { credential }),
    ...(options.timeout !== undefined && { timeout: options.timeout }),
  });
  const limits = basic ? { ...LOGS_LIMITS, concurrency: BASIC_CONCURRENCY } : LOGS_LIMITS;
  return new LiveBackend(transport, { limits, usage: true, ...options });
}
