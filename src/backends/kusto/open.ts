import type { Cloud } from "../auth/clouds.ts";
import { type AuthMethod, createCredential } from "../auth/credential.ts";
import { LiveBackend, type LiveOptions } from "../live/backend.ts";
import { KustoTransport } from "./client.ts";

export interface KustoOptions extends LiveOptions {
  /** Root of the cluster's REST API. */
  readonly cluster: string;
  readonly database: string;
  readonly auth: AuthMethod;
  readonly cloud?: Cloud;
  readonly progressive?: boolean;
}

/** A database of Azure Data Explorer, a Fabric Eventhouse or the Sentinel data lake. */
export async function openKusto(options: KustoOptions): Promise<LiveBackend> {
  const { cluster, database, auth, cloud = "public", progressive = false } = options;
  const credential = await createCredential({ method: auth, cloud });
  const transport = new KustoTransport({ cluster, database, progressive, ...(credential && { credential }) });
  const { limits, lacks } = transport.flavour;
  return new LiveBackend(transport, { limits, lacks, ...options });
}
