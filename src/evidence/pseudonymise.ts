import { isIP } from "node:net";
import { basename } from "node:path";
import type {
  AccessChange,
  Anomaly,
  Assessment,
  CriterionResult,
  Exception,
  Finding,
  InputReport,
  Insights,
} from "../core/assessment.ts";
import type { QueryResult, Value } from "../core/kusto.ts";
import type { Pillar } from "../core/maturity.ts";
import type { Kind, Pseudonymiser } from "./pseudonym.ts";

/** Columns that name somebody or something, by their names. Order matters: a DeviceOwner is a user. */
const COLUMNS: readonly (readonly [kind: Kind, name: RegExp])[] = [
  ["ip", /(?:^|[a-z_])ips?(?:_s)?$|^ip|ip_?addr|addresses?$/i],
  [
    "user",
    /user(?!agent)|upn|principal|account|caller|actor|initiat|mail|sender|recipient|owner|subject|member|assignee/i,
  ],
  ["host", /device(?!detail|type)|host|computer|machine|server|workstation|(?:src|dest|^)vm/i],
];

/** Columns that look like those and name a kind, a product or a number. */
const HARMLESS = /(?:type|kind|count|name_?space|class|state|status|os|platform|category|version|agent)$/i;

export function kindOfColumn(name: string): Kind | undefined {
  if (HARMLESS.test(name)) return undefined;
  return COLUMNS.find(([, pattern]) => pattern.test(name))?.[0];
}

function value(p: Pseudonymiser, column: string, cell: Value): Value {
  if (typeof cell === "string") {
    const kind = kindOfColumn(column);
    return kind === undefined ? p.text(cell) : name(p, kind, cell);
  }
  if (Array.isArray(cell)) return cell.map((member) => value(p, column, member as Value)) as Value;
  if (typeof cell !== "object" || cell === null) return cell;
  return Object.fromEntries(
    Object.entries(cell).map(([key, member]) => [p.text(key), value(p, key, member as Value)]),
  ) as Value;
}

/** What is plainly an address is one in every column: it joins wherever it stands. */
function name(p: Pseudonymiser, kind: Kind, cell: string): string {
  if (isIP(cell)) return p.token("ip", cell);
  const replaced = kind === "ip" ? p.text(cell) : cell;
  return replaced === cell ? p.token(kind, cell) : replaced;
}

/** Rows with the names in them replaced, by column and by what a value looks like. */
export function pseudonymiseRows(result: QueryResult, p: Pseudonymiser): QueryResult {
  const { columns } = result;
  return { ...result, rows: result.rows.map((row) => row.map((cell, i) => value(p, columns[i]?.name ?? "", cell))) };
}

const HOSTS: ReadonlySet<Pillar> = new Set(["devices", "network", "infrastructure"]);
/** What `activity-shift` counts: the only subjects that are nobody. */
const NOBODY = new Set(["events", "events with a failed facet", "refused or failed operations"]);

function subjectName(p: Pseudonymiser, pillar: Pillar, subject: string): string {
  if (NOBODY.has(subject)) return subject;
  const replaced = p.text(subject);
  return replaced === subject ? p.token(HOSTS.has(pillar) ? "host" : "user", subject) : replaced;
}

const exception = (p: Pseudonymiser, one: Exception): Exception => ({
  ...one,
  ...(one.entity !== undefined && { entity: known(p, one.entity) }),
  reason: p.text(one.reason),
  owner: name(p, "user", one.owner),
});

function known(p: Pseudonymiser, entity: string): string {
  const replaced = p.text(entity);
  return replaced === entity ? p.token("id", entity) : replaced;
}

function criterion(p: Pseudonymiser, c: CriterionResult): CriterionResult {
  const offenders = c.offenders.map((row) =>
    Object.fromEntries(Object.entries(row).map(([column, cell]) => [column, value(p, column, cell)])),
  );
  return {
    ...c,
    offenders,
    reason: p.text(c.reason),
    ...(c.exceptions && {
      exceptions: { ...c.exceptions, applied: c.exceptions.applied.map((one) => exception(p, one)) },
    }),
  };
}

const anomaly = (p: Pseudonymiser, one: Anomaly): Anomaly => ({
  ...one,
  id: p.identifier(one.id),
  subject: subjectName(p, one.pillar, one.subject),
  reason: p.text(one.reason),
});

/** A finding is about a subject of any pillar: it takes the token that its anomalies gave it. */
const finding = (p: Pseudonymiser, one: Finding): Finding => ({
  ...one,
  id: p.identifier(one.id),
  subject: subjectName(p, one.pillars[0] ?? "identities", one.subject),
  anomalies: one.anomalies.map((id) => p.identifier(id)),
  reason: p.text(one.reason),
});

const input = (p: Pseudonymiser, one: InputReport): InputReport => ({
  ...one,
  file: p.text(basename(one.file)),
  ...(one.reason !== undefined && { reason: p.text(one.reason) }),
  ...(one.problems && { problems: one.problems.map((problem) => ({ ...problem, message: p.text(problem.message) })) }),
});

const change = (p: Pseudonymiser, one: AccessChange): AccessChange => ({
  ...one,
  id: p.identifier(one.id),
  user: name(p, "user", one.user),
  session: one.session === null ? null : p.identifier(one.session),
});

const insights = (p: Pseudonymiser, all: Insights): Insights => ({
  ...all,
  places: all.places.map((place) => ({ ...place, names: place.names.map((user) => name(p, "user", user)) })),
  flows: all.flows.map((flow) => ({ ...flow, source: p.text(flow.source), target: p.text(flow.target) })),
  activity: all.activity.map((one) => ({
    ...one,
    subject: one.subject === null ? null : subjectName(p, one.pillar, one.subject),
  })),
});

/**
 * An assessment in which users, hosts and addresses are tokens, before it goes to any output. Fields that name somebody
 * come first, so that the sentences about them are recognised afterwards. Queries are what the packs say and stay.
 */
export function pseudonymise(assessment: Assessment, p: Pseudonymiser): Assessment {
  for (const { pillar, subject } of assessment.anomalies) subjectName(p, pillar, subject);
  const pillars = assessment.pillars.map((pillar) => ({
    ...pillar,
    criteria: pillar.criteria.map((one) => criterion(p, one)),
  }));
  return {
    ...assessment,
    pillars,
    anomalies: assessment.anomalies.map((one) => anomaly(p, one)),
    ...(assessment.findings && { findings: assessment.findings.map((one) => finding(p, one)) }),
    inputs: assessment.inputs.map((one) => input(p, one)),
    warnings: assessment.warnings.map((text) => p.text(text)),
    ...(assessment.changes && { changes: assessment.changes.map((one) => change(p, one)) }),
    ...(assessment.insights && { insights: insights(p, assessment.insights) }),
  };
}
