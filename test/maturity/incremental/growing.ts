import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { EmbeddedBackend } from "../../../src/backends/embedded/backend.ts";
import { LiveBackend } from "../../../src/backends/live/backend.ts";
import { LogsTransport } from "../../../src/backends/logs/client.ts";
import {
  formatDatetime,
  parseIsoDatetime,
  TICKS_PER_HOUR,
  TICKS_PER_MINUTE,
  TICKS_PER_SECOND,
} from "../../../src/core/ticks.ts";
import { tablesOf } from "../../../src/maturity/live.ts";
import { loadPacks } from "../../../src/packs/load.ts";
import type { Packs } from "../../../src/packs/types.ts";
import type { JsonObject } from "../../../src/tables/shape.ts";
import { HASTY, TOKEN, WORKSPACE } from "../../backends/logs/support.ts";
import { type LogsServer, type LogsServerOptions, serveLogs } from "../../servers/logs.ts";
import { root } from "../../support/modules.ts";

export const START = parseIsoDatetime("2026-03-01T00:00:00Z") as bigint;
export const hour = (n: number): bigint => START + BigInt(n) * TICKS_PER_HOUR;
export const PER_HOUR = 24;
const LATE = 7;

/**
 * Sign-ins of so many hours, stored a minute after they happened; one in seven three hours and a half later. Some users
 * fail, so that detectors have something to keep in mind.
 */
export function signInsOf(hours: number): JsonObject[] {
  return Array.from({ length: hours * PER_HOUR }, (_, i) => {
    const time = START + (BigInt(i) * TICKS_PER_HOUR) / BigInt(PER_HOUR) + 12_345_678n;
    const stored = time + (i % LATE === 0 ? 210n * TICKS_PER_MINUTE : TICKS_PER_MINUTE);
    return {
      TimeGenerated: formatDatetime(time),
      Stored: formatDatetime(stored),
      Id: `sign-in-${i}`,
      UserPrincipalName: `user${i % 11}@contoso.com`,
      UserType: "Member",
      ResultType: i % 6 === 0 ? "50126" : "0",
      IPAddress: `203.0.113.${i % 5}`,
      Location: "CH",
      AppDisplayName: "Portal",
      ResourceDisplayName: "Graph",
      AuthenticationRequirement: i % 3 === 0 ? "singleFactorAuthentication" : "multiFactorAuthentication",
      ConditionalAccessStatus: "success",
      RiskLevelDuringSignIn: "none",
      ClientAppUsed: "Browser",
    };
  });
}

/** How many of the rows of `signInsOf` are stored before a moment. */
export const storedBefore = (rows: readonly JsonObject[], until: bigint): number =>
  rows.filter(({ Stored }) => String(Stored) < formatDatetime(until)).length;

/** An engine over a workspace whose rows know when they were stored. */
export async function growingEngine(rows: JsonObject[]): Promise<EmbeddedBackend> {
  const engine = await EmbeddedBackend.open({ paths: [] });
  await engine.addRows("SigninLogs", rows);
  return engine;
}

/** The embedded engine has no time of storing: the column of the test stands for it. */
export const serveGrowing = (engine: EmbeddedBackend, options: Partial<LogsServerOptions> = {}): Promise<LogsServer> =>
  serveLogs({
    answer: (query, timespan) =>
      engine.query(query.replaceAll("ingestion_time()", "todatetime(Stored)"), timespan ? { timespan } : {}),
    ...options,
  });

/** The sign-in pack and one criterion, as a folder of packs. */
export function packsIn(folder: string): Packs {
  const pillar = join(folder, "identities");
  mkdirSync(pillar, { recursive: true });
  for (const name of ["entra-sign-ins", "ID-01"]) {
    cpSync(join(root, `queries/identities/${name}.yaml`), join(pillar, `${name}.yaml`));
  }
  return loadPacks(folder);
}

export function backendOf(url: string, packs: Packs, asOf: bigint, sliceRows = 50_000): LiveBackend {
  const transport = new LogsTransport({
    workspace: WORKSPACE,
    endpoint: `${url}/v1`,
    scope: "https://api.loganalytics.io/.default",
    credential: TOKEN,
    timeout: 60,
  });
  const window = { start: asOf - 30n * 24n * TICKS_PER_HOUR, end: asOf + TICKS_PER_SECOND };
  return new LiveBackend(transport, { patience: HASTY, tables: tablesOf(packs), window, sliceRows });
}
