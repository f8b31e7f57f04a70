import type { ScopeCriterion, ScopeResult } from "../core/assessment.ts";
import { ZtlensError } from "../core/errors.ts";
import { PILLARS } from "../core/maturity.ts";
import { kqlString } from "../core/text/kql.ts";
import { formatDatetime } from "../core/ticks.ts";
import { columnsOf } from "../tables/catalogue.ts";
import type { Run } from "./assess.ts";
import { configure } from "./config.ts";
import { evaluateCriterion } from "./criterion.ts";
import { measure, windowOf } from "./measure.ts";
import { organisationStage } from "./organisation.ts";
import { pillarStage } from "./pillar.ts";
import type { CriterionDefinition } from "./types.ts";

type ScopeKind = ScopeResult["kind"];

/** What is assessed on its own: everything of a kind that the data name, or the assets that a file lists. */
export type ScopeRequest =
  | { readonly kind: "subscription" | "application"; readonly name?: string }
  | { readonly kind: "assets"; readonly name: string; readonly entities: readonly string[] };

interface Scope {
  readonly kind: ScopeKind;
  readonly name: string;
  readonly entities: readonly string[];
}

/** Columns that name what a row is about. */
const COLUMNS: Readonly<Record<ScopeKind, readonly string[]>> = {
  subscription: [
    "_SubscriptionId",
    "SubscriptionId",
    "_ResourceId",
    "ResourceId",
    "AssessedResourceId",
    "TargetResourceId",
  ],
  application: ["AppDisplayName", "AppId", "Application", "ApiId", "CloudAppName", "AppName", "Host"],
  assets: [
    ...["UserPrincipalName", "AccountUPN", "AccountUpn", "UserId", "AccountObjectId", "Caller", "RequesterUpn"],
    ...["DeviceName", "DeviceId", "Computer", "SrcVm", "DestVm", "_ResourceId", "ResourceId", "AssessedResourceId"],
    ...["AppDisplayName", "AppId", "ServicePrincipalId", "ApiId", "AccountName", "Host", "TargetResourceId"],
  ],
};
const RESOURCE = /ResourceId$/;
/** Scopes of one kind that are looked at where none is named: those with the most rows. */
const MOST = 20;

/** Of which rows a column says that they are in the scope; empty where it cannot. */
function conditionOn(column: string, { kind, entities }: Scope): string {
  if (!RESOURCE.test(column)) {
    const list = entities.flatMap((entity) => kqlString(entity) ?? []);
    return list.length > 0 ? `tostring(${column}) in~ (${list.join(", ")})` : "";
  }
  if (kind === "subscription")
    return within(
      column,
      entities.map((entity) => `/subscriptions/${entity}`),
    );
  return within(
    column,
    entities.filter((entity) => entity.startsWith("/")),
  );
}

/** Rows of a resource and of what lies below it. */
function within(column: string, ids: readonly string[]): string {
  return ids
    .flatMap((id) => {
      const [own, below] = [kqlString(id), kqlString(`${id}/`)];
      return own !== undefined && below !== undefined ? [`${column} =~ ${own} or ${column} startswith ${below}`] : [];
    })
    .join(" or ");
}

/** Which rows of a table are in a scope, or undefined where no column of it could tell. */
function condition(table: string, scope: Scope, { states }: Run): string | undefined {
  const filled = states.columns?.get(table);
  const documented = new Set(columnsOf(table)?.map(({ name }) => name));
  const conditions = COLUMNS[scope.kind]
    .filter((column) => documented.has(column) && (filled?.has(column) ?? true))
    .map((column) => conditionOn(column, scope))
    .filter((text) => text !== "");
  return conditions.length > 0 ? conditions.join(" or ") : undefined;
}

/** A criterion over the rows of a scope alone, or undefined where a table that it needs cannot be narrowed. */
function narrowed(definition: CriterionDefinition, scope: Scope, run: Run): CriterionDefinition | undefined {
  const words = new Set(definition.query.match(/\w+/g));
  const present = run.states.presentTables.filter((table) => words.has(table));
  const needed = new Set(definition.tables.flat());
  const lets: string[] = [];
  for (const table of present) {
    const rows = condition(table, scope, run);
    if (rows !== undefined) lets.push(`let ${table} = ${table} | where ${rows};\n`);
    else if (needed.has(table)) return undefined;
  }
  if (lets.length === 0) return undefined;
  const { offendersQuery: _, ...rest } = definition;
  return { ...rest, query: lets.join("") + definition.query };
}

const NAMED: Readonly<
  Record<"subscription" | "application", readonly (readonly [table: string, expression: string])[]>
> = {
  subscription: [
    ["AzureActivity", "iff(isnotempty(_SubscriptionId), _SubscriptionId, SubscriptionId)"],
    ["SecurityRecommendation", 'tostring(split(AssessedResourceId, "/")[2])'],
    ["Heartbeat", "iff(isnotempty(_SubscriptionId), _SubscriptionId, SubscriptionId)"],
  ],
  application: [["SigninLogs", "AppDisplayName"]],
};

/** The scopes of a request; of a kind without a name those that have the most rows. */
async function scopesOf(request: ScopeRequest, { backend, states, asOf, days }: Run): Promise<Scope[]> {
  if (request.kind === "assets") return [request];
  const { kind, name } = request;
  if (name !== undefined) return [{ kind, name, entities: [name] }];
  const legs = NAMED[kind]
    .filter(([table]) => states.presentTables.includes(table))
    .map(
      ([table, expression]) =>
        `(${table} | summarize Rows = count() by Name = ${kind === "subscription" ? `tolower(${expression})` : expression})`,
    );
  if (legs.length === 0) return [];
  const text = `union ${legs.join(", ")}\n| where isnotempty(Name)\n| summarize Rows = sum(Rows) by Name\n| sort by Rows desc, Name asc\n| take ${MOST}`;
  const { rows } = await backend.query(text, { now: asOf, timespan: windowOf(asOf, days) });
  return rows.map(([found]): Scope => ({ kind, name: String(found), entities: [String(found)] }));
}

async function judged(
  definition: CriterionDefinition,
  run: Run,
): Promise<ScopeCriterion & { readonly requiredFrom: CriterionDefinition["stage"] }> {
  const measured = await measure(definition, run, false);
  const context = { asOf: formatDatetime(run.asOf), exceptions: run.configuration.exceptions };
  const { id, stage, state, numerator, denominator, value, low, high, reason, requiredFrom } = evaluateCriterion(
    definition,
    measured,
    context,
  );
  return { id, stage, state, numerator, denominator, value, low, high, reason, requiredFrom };
}

async function assessScope(scope: Scope, run: Run): Promise<ScopeResult> {
  const tenantWide: string[] = [];
  const nothing: string[] = [];
  const results = new Map<CriterionDefinition, Awaited<ReturnType<typeof judged>>>();
  for (const definition of configure(run.packs.criteria, run.configuration)) {
    const own = narrowed(definition, scope, run);
    if (!own) {
      tenantWide.push(definition.id);
      continue;
    }
    const result = await judged(own, run);
    // No event of this kind: the criterion asks nothing of the scope.
    if (result.denominator === 0) nothing.push(definition.id);
    else results.set(definition, result);
  }
  const pillars = PILLARS.flatMap((pillar) => {
    const criteria = [...results].flatMap(([definition, result]) => (definition.pillar === pillar ? [result] : []));
    return criteria.length === 0
      ? []
      : [{ pillar, ...pillarStage(criteria), criteria: criteria.map(({ requiredFrom: _, ...rest }) => rest) }];
  });
  const { kind, name } = scope;
  return { kind, name, stage: organisationStage(pillars).stage, pillars, tenantWide, nothing };
}

/**
 * The stages of single subscriptions, applications or assets: the same criteria over their rows alone. Each table is
 * narrowed under its own name before the query, so that the text stays the pack's. What no column can attribute stays
 * tenant-wide and is only named; exceptions on single entities do not count here.
 */
export async function assessScopes(
  requests: readonly ScopeRequest[],
  run: Run,
): Promise<{ readonly scopes: readonly ScopeResult[]; readonly problems: readonly string[] }> {
  const scopes: ScopeResult[] = [];
  const problems: string[] = [];
  for (const request of requests) {
    try {
      const found = await scopesOf(request, run);
      if (found.length === 0) problems.push(`No ${request.kind} is named in the logs: nothing is assessed by it.`);
      for (const scope of found) {
        scopes.push(await assessScope(scope, run));
      }
    } catch (error) {
      if (!(error instanceof ZtlensError)) throw error;
      problems.push(`The scopes by ${request.kind} could not be assessed: ${error.message}`);
    }
  }
  return { scopes, problems };
}
