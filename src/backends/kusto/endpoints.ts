import { UsageError } from "../../core/errors.ts";
import { isLoopback } from "../auth/clouds.ts";
import type { Limits } from "../live/limiter.ts";

/** What is different about a service that speaks Kusto. */
export interface Flavour {
  readonly name: string;
  readonly system: string;
  readonly limits: Limits;
  /** Scope of its tokens; absent: the service tells it. */
  readonly scope?: string;
  /** Features that it lacks, with the reason. */
  readonly lacks: ReadonlyMap<string, string>;
  /** The longest time, in seconds, that a query may take. */
  readonly timeout: number;
}

/** Scope of a cluster that does not tell its own. */
export const DEFAULT_SCOPE = "https://kusto.kusto.windows.net/.default";

const NO_WATCHLIST = "watchlists are functions of Microsoft Sentinel's workspaces";

const CLUSTER: Flavour = {
  name: "Kusto",
  system: "azure.kusto",
  limits: { concurrency: 5, rate: 200, period: 30_000 },
  lacks: new Map([
    ["watchlists", NO_WATCHLIST],
    ["workspace-functions", "a cluster has none of Sentinel's functions"],
  ]),
  timeout: 240,
};

/** Source: Microsoft Sentinel data lake, KQL service limits and unsupported functions. */
const DATA_LAKE: Flavour = {
  name: "Sentinel data lake",
  system: "azure.sentinel.datalake",
  limits: { concurrency: 3, rate: 45, period: 60_000 },
  scope: "4500ebfb-89b6-4b14-a480-7f749797bfcd/.default",
  lacks: new Map([
    ["watchlists", "the data lake has no _GetWatchlist"],
    ["workspace-functions", "the data lake runs no built-in or saved functions"],
    ["ingestion-time", "the data lake has no ingestion_time()"],
  ]),
  timeout: 240,
};

const LAKE_HOST = "api.securityplatform.microsoft.com";

/** Hosts that may be sent a Kusto token, which opens every cluster. Source: azure-kusto-data's well-known endpoints. */
const TRUSTED = [
  ".kusto.windows.net",
  ".kusto.azuresynapse.net",
  ".kusto.fabric.microsoft.com",
  ".kusto.data.microsoft.com",
  ".kusto.usgovcloudapi.net",
  ".kusto.chinacloudapi.cn",
  "ade.loganalytics.io",
  "ade.loganalytics.us",
  "ade.loganalytics.azure.cn",
  "adx.monitor.azure.com",
  "adx.monitor.azure.us",
  "adx.monitor.azure.cn",
  LAKE_HOST,
];

const isTrusted = (host: string): boolean =>
  TRUSTED.some((name) => (name.startsWith(".") ? host.endsWith(name) : host === name));

/** The root of a cluster's REST API. Throws `UsageError` for a host that is no Kusto service. */
export function clusterUrl(cluster: string): URL {
  if (!URL.canParse(cluster)) throw new UsageError(`${cluster} is no URL.`);
  const url = new URL(cluster);
  if (isLoopback(url)) return url;
  if (url.protocol !== "https:") throw new UsageError(`${cluster} is not https.`);
  if (!isTrusted(url.hostname)) {
    throw new UsageError(`${url.hostname} is no known Kusto host: a token for one cluster would open any other.`);
  }
  return url;
}

export const flavourOf = (url: URL): Flavour =>
  url.hostname === LAKE_HOST || url.pathname.startsWith("/lake/kql") ? DATA_LAKE : CLUSTER;
