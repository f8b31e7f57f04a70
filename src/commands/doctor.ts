import { Command, Option } from "commander";
import type { Identity } from "../backends/auth/identity.ts";
import { EXIT } from "../core/errors.ts";
import type { QueryResult } from "../core/kusto.ts";
import { jsonText } from "../core/text/json.ts";
import { terminalText } from "../core/text/terminal.ts";
import { ticksOfDate } from "../core/ticks.ts";
import type { Readiness, TableReadiness } from "../maturity/readiness.ts";
import { type LiveFlags, openLive, scopeOf, withLiveOptions } from "./support/live.ts";
import { writeOut } from "./support/streams.ts";

interface Options extends LiveFlags {
  readonly queries?: string;
  readonly config?: string;
  readonly output: "table" | "json";
}

interface Diagnosis extends Readiness {
  readonly service: string;
  readonly identity: Identity | null;
  readonly warnings: readonly string[];
}

export default (): Command =>
  withLiveOptions(
    new Command("doctor").description("what a workspace or cluster lets this identity read, and what that leaves out"),
  )
    .option("--queries <folder>", "query packs of your own instead of the shipped ones")
    .option("--config <file>", "cadences of your own (quietDays, YAML)")
    .addOption(new Option("-o, --output <format>", "how it is printed").choices(["table", "json"]).default("table"))
    .addHelpText(
      "after",
      `
Exit codes: 0 every criterion has its tables, 3 some have not, 4 no token or no permission.

Examples:
  ztlens doctor --workspace $WORKSPACE
  ztlens doctor -w $WORKSPACE --auth managed-identity -o json | jq '.tables[] | select(.health != "fresh")'`,
    )
    .action(run);

async function run(options: Options): Promise<void> {
  const [{ loadPacks }, { tablesOf }, { readiness }, { DEFAULTS, readConfiguration }] = await Promise.all([
    import("../packs/load.ts"),
    import("../maturity/live.ts"),
    import("../maturity/readiness.ts"),
    import("../maturity/config.ts"),
  ]);
  const packs = loadPacks(options.queries);
  const configuration = options.config === undefined ? DEFAULTS : readConfiguration(options.config);
  const backend = await openLive(options, { tables: tablesOf(packs) });
  const identity = await whoAmI(options);
  const tables = await backend.tables();
  const diagnosis: Diagnosis = {
    service: backend.name,
    identity: identity ?? null,
    ...readiness(packs, tables, ticksOfDate(new Date()), configuration),
    warnings: backend.journal.warnings,
  };
  await writeOut(options.output === "json" ? `${jsonText(diagnosis, 2)}\n` : await board(diagnosis));
  process.exitCode = diagnosis.blocked.length > 0 ? EXIT.incomplete : EXIT.ok;
}

async function whoAmI({ auth, cloud, cluster }: Options): Promise<Identity | undefined> {
  const [{ createCredential, credentialFailure }, { identityOf }] = await Promise.all([
    import("../backends/auth/credential.ts"),
    import("../backends/auth/identity.ts"),
  ]);
  const credential = await createCredential({ method: auth, cloud });
  if (!credential) return undefined;
  try {
    return await identityOf(credential, await scopeOf({ cloud, ...(cluster !== undefined && { cluster }) }));
  } catch (error) {
    throw credentialFailure(error) ?? error;
  }
}

const DATA_TYPES = {
  table: "string",
  health: "string",
  rows: "long",
  newest: "string",
  holds: "string",
  wanted: "string",
};

function cellsOf({ table, health, rows, newest, days, wanted, connectors, usedBy }: TableReadiness) {
  const holds = days === null ? "" : `${days} d`;
  const connector = health === "fresh" ? "" : connectors.join(", ");
  return [table, health, rows, newest?.slice(0, 16) ?? "", holds, `${wanted} d`, connector, usedBy.join(" ")];
}

async function board({ service, identity, tables, blocked, warnings }: Diagnosis): Promise<string> {
  const { formatRows } = await import("../outputs/rows.ts");
  const columns = { ...DATA_TYPES, connector: "string", "used by": "string" };
  const result: QueryResult = {
    columns: Object.entries(columns).map(([name, type]) => ({ name, type: type as "string" | "long" })),
    rows: tables.map(cellsOf),
  };
  const who = identity
    ? `${identity.kind} ${identity.name}, tenant ${identity.tenant}`
    : "an identity that does not tell";
  const lines = (title: string, texts: readonly string[]): string =>
    texts.length === 0 ? "" : `\n${title}\n${texts.map((text) => `  ${terminalText(text)}\n`).join("")}`;
  return [
    `${terminalText(`${service}, read as ${who}`)}\n\n`,
    formatRows(result, "table"),
    lines(
      "NOT READABLE",
      tables.flatMap(({ reason }) => reason ?? []),
    ),
    lines(
      "LESS HISTORY THAN A CRITERION LOOKS BACK ON",
      tables
        .filter(({ days, wanted }) => days !== null && days + 1 < wanted)
        .map(({ table, days, wanted }) => `${table}: ${days} of ${wanted} days`),
    ),
    lines(
      "CRITERIA THAT CANNOT BE ASSESSED",
      blocked.map(({ id, name, missing }) => `${id} ${name}: needs ${missing.join(", ")}`),
    ),
    lines("THE SERVICE REMARKS", warnings),
  ].join("");
}
