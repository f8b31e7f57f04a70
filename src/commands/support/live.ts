import { type Command, Option } from "commander";
import { CLOUDS, type Cloud } from "../../backends/auth/clouds.ts";
import { AUTH_METHODS, type AuthMethod } from "../../backends/auth/credential.ts";
import type { LiveBackend, LiveOptions } from "../../backends/live/backend.ts";
import { UsageError } from "../../core/errors.ts";
import { collect } from "./options.ts";

/** Where a live command asks, and as whom. */
export interface LiveFlags {
  readonly workspace: readonly string[];
  readonly cluster?: string;
  readonly database?: string;
  readonly auth: AuthMethod;
  readonly cloud: Cloud;
  readonly endpoint?: string;
  readonly basic?: boolean;
}

export const withLiveOptions = (command: Command): Command =>
  command
    .option(
      "-w, --workspace <id>",
      "Log Analytics workspace: GUID or resource id (repeatable: asked as one)",
      collect,
      [],
    )
    .option("--cluster <url>", "Azure Data Explorer, Fabric or Sentinel data lake instead of a workspace")
    .option("--database <name>", "the database of --cluster")
    .addOption(
      new Option("--auth <method>", "where the token comes from; name it for unattended runs")
        .choices([...AUTH_METHODS])
        .default("default"),
    )
    .addOption(new Option("--cloud <name>", "the Azure cloud").choices([...CLOUDS]).default("public"))
    .option("--endpoint <url>", "another address of the query API: a private link, ztlens serve")
    .option("--basic", "ask tables on the Basic or Auxiliary plan");

export const isLive = ({ workspace, cluster }: Pick<LiveFlags, "workspace" | "cluster">): boolean =>
  workspace.length > 0 || cluster !== undefined;

/** The backend that the options name. Throws `UsageError` where they name none or two. */
export async function openLive(flags: LiveFlags, options: LiveOptions = {}): Promise<LiveBackend> {
  const { workspace, cluster, database, auth, cloud, endpoint, basic } = flags;
  if (!isLive(flags)) throw new UsageError("Name a workspace with --workspace, or --cluster and --database.");
  if (workspace.length > 0 && cluster !== undefined) {
    throw new UsageError("Give --workspace or --cluster, not both.");
  }
  if (cluster === undefined) {
    const { openLogs } = await import("../../backends/logs/open.ts");
    const address = { ...(endpoint !== undefined && { endpoint }), ...(basic !== undefined && { basic }) };
    return openLogs({ ...options, workspaces: workspace, auth, cloud, ...address });
  }
  if (database === undefined) throw new UsageError("--cluster needs --database.");
  const { openKusto } = await import("../../backends/kusto/open.ts");
  return openKusto({ ...options, cluster, database, auth, cloud });
}

/** The scope of the tokens that the service takes. */
export async function scopeOf({ cloud, cluster }: Pick<LiveFlags, "cloud" | "cluster">): Promise<string> {
  if (cluster === undefined) return (await import("../../backends/auth/clouds.ts")).ENDPOINTS[cloud].logsScope;
  const { clusterUrl, DEFAULT_SCOPE, flavourOf } = await import("../../backends/kusto/endpoints.ts");
  return flavourOf(clusterUrl(cluster)).scope ?? DEFAULT_SCOPE;
}
