import { gzipSync } from "node:zlib";

export interface Workspace {
  /** `/subscriptions/…/resourceGroups/…/providers/Microsoft.OperationalInsights/workspaces/…`. */
  readonly resource: string;
  /** Directory id or domain; the portal takes the user's own without it. */
  readonly tenant?: string;
  /** Host of the portal: another one in a sovereign cloud. */
  readonly portal?: string;
}

/**
 * An address that opens a query in the Logs blade, as its "Copy link to query" does: the text compressed by gzip, in
 * base64. `start` and `end` are ISO 8601 UTC.
 */
export function portalLink(
  kql: string,
  window: { readonly start: string; readonly end: string },
  to: Workspace,
): string {
  const zipped = gzipSync(kql, { level: 9 });
  // The header's operating system byte says where it was written: the same link on every machine.
  zipped[9] = 0xff;
  const host = to.portal ?? "portal.azure.com";
  const tenant = to.tenant === undefined ? "" : `@${encodeURIComponent(to.tenant)}`;
  const span = encodeURIComponent(`${milliseconds(window.start)}/${milliseconds(window.end)}`);
  return (
    `https://${host}/#${tenant}/blade/Microsoft_OperationsManagementSuite_Workspace/Logs.ReactView` +
    `/resourceId/${encodeURIComponent(to.resource)}/source/LogsBlade.AnalyticsShareLinkToQuery` +
    `/q/${encodeURIComponent(zipped.toString("base64"))}/timespan/${span}`
  );
}

/** The portal reads milliseconds. */
const milliseconds = (iso: string): string => iso.replace(/\.(\d{3})\d*Z$/, ".$1Z");
