import type { TableInfo } from "../backends/types.ts";
import { TICKS_PER_DAY } from "../core/ticks.ts";
import type { Measurement, TableRequirement } from "./types.ts";

export interface Availability {
  /** Requirements of which no table is present. */
  readonly absent: readonly TableRequirement[];
  /** Requirements whose present tables are all stale. */
  readonly stale: readonly TableRequirement[];
}

const alternatives = (requirement: TableRequirement): readonly string[] =>
  typeof requirement === "string" ? [requirement] : requirement;

export const requirementText = (requirement: TableRequirement): string => alternatives(requirement).join(" or ");

/** Which required tables are missing or stale. A fresh alternative makes up for a stale or missing one. */
export function availability(
  requirements: readonly TableRequirement[],
  measured: Pick<Measurement, "presentTables" | "staleTables">,
): Availability {
  const present = new Set(measured.presentTables);
  const stale = new Set(measured.staleTables);
  const absent = requirements.filter((requirement) => !alternatives(requirement).some((table) => present.has(table)));
  return {
    absent,
    stale: requirements
      .filter((requirement) => !absent.includes(requirement))
      .filter((requirement) => !alternatives(requirement).some((table) => present.has(table) && !stale.has(table))),
  };
}

/** Days without a new row that are normal. Tables of rare events and slow snapshots; every other table gets 2 days. */
const QUIET_DAYS: Readonly<Record<string, number>> = {
  IdentityInfo: 15,
  AADRiskyUsers: 30,
  AADUserRiskEvents: 30,
  AADServicePrincipalRiskEvents: 30,
  AADRiskyServicePrincipals: 30,
  SecurityAlert: 14,
  AlertInfo: 14,
  AlertEvidence: 14,
  SecurityIncident: 14,
  SecurityRecommendation: 8,
  SecurityNestedRecommendation: 8,
  SecureScores: 8,
  SecureScoreControls: 8,
  SecurityBaseline: 8,
  IntuneDevices: 8,
  IntuneDeviceComplianceOrg: 8,
  NTATopologyDetails: 8,
  PurviewScanStatusLogs: 31,
  PurviewDataSensitivityLogs: 31,
  MicrosoftPurviewInformationProtection: 8,
  Watchlist: 3650,
};
const DEFAULT_QUIET_DAYS = 2;

/**
 * Splits the tables of a backend into present and stale as of a moment (ticks): stale is a table whose newest row is
 * older than its cadence allows (`quietDays` overrides, in days). A table without rows is not present.
 */
export function tableStates(
  tables: ReadonlyMap<string, TableInfo>,
  asOf: bigint,
  quietDays: Readonly<Record<string, number>> = {},
): Pick<Measurement, "presentTables" | "staleTables" | "unreadable"> {
  const present = [...tables].filter(([, { rows }]) => rows > 0);
  const allowed = (name: string): bigint => {
    const days = quietDays[name] ?? QUIET_DAYS[name] ?? DEFAULT_QUIET_DAYS;
    return BigInt(Math.round(days * 86_400)) * (TICKS_PER_DAY / 86_400n);
  };
  return {
    presentTables: present.map(([name]) => name),
    staleTables: present
      .filter(([name, { newest }]) => newest !== null && asOf - newest > allowed(name))
      .map(([name]) => name),
    unreadable: new Map([...tables].flatMap(([name, { unreadable }]) => (unreadable ? [[name, unreadable]] : []))),
  };
}
