import { type Alert, type Detection, type Incident, RULE_OUTCOMES, type RuleCoverage } from "../../core/alert.ts";
import { pad, terminalText, truncate } from "../../core/text/terminal.ts";
import { redact } from "../../evidence/redact.ts";
import { byConnector, byTechnique, type CoverageLine, notesOf, totals } from "./coverage.ts";
import { entityText, timeText } from "./wording.ts";

export interface TimelineOptions {
  readonly color: boolean;
  /** Terminal columns. */
  readonly width: number;
}

const SEVERITY_COLORS: Readonly<Record<Alert["severity"], string>> = {
  High: "31",
  Medium: "33",
  Low: "36",
  Informational: "90",
};
const SEVERITY_WIDTH = 13;
const TIME_WIDTH = 19;
/** Entities that a line names; the others are counted. */
const NAMED_ENTITIES = 4;
const LISTED_RULES = 30;

class Page {
  readonly lines: string[] = [];
  readonly #options: TimelineOptions;

  constructor(options: TimelineOptions) {
    this.#options = options;
  }

  paint(code: string, text: string): string {
    return this.#options.color ? `\u001b[${code}m${text}\u001b[0m` : text;
  }

  title(text: string): void {
    if (this.lines.length > 0) this.lines.push("");
    this.lines.push(this.paint("1", text));
  }

  /** A line whose parts before the last have fixed widths. */
  row(time: string, severity: Alert["severity"], text: string): void {
    const room = Math.max(20, this.#options.width - TIME_WIDTH - SEVERITY_WIDTH - 4);
    const mark = this.paint(SEVERITY_COLORS[severity], pad(severity, SEVERITY_WIDTH));
    this.lines.push(`${pad(timeText(time), TIME_WIDTH)}  ${mark}  ${truncate(text, room)}`);
  }

  detail(text: string): void {
    const indent = TIME_WIDTH + SEVERITY_WIDTH + 4;
    const room = Math.max(20, this.#options.width - indent);
    this.lines.push(this.paint("90", `${" ".repeat(indent)}${truncate(text, room)}`));
  }
}

const counted = (count: number, one: string, many = `${one}s`): string =>
  `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;

function entitiesText({
  entities,
  entitiesOmitted = 0,
}: {
  entities: Alert["entities"];
  entitiesOmitted?: number;
}): string {
  const more = entities.length + entitiesOmitted - NAMED_ENTITIES;
  const named = entities.slice(0, NAMED_ENTITIES).map(entityText);
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

function alertDetail(alert: Alert): string {
  const parts = [entitiesText(alert), counted(alert.rowCount, "row")];
  if (alert.techniques.length > 0) parts.push(alert.techniques.join(" "));
  if (alert.repeats > 0) parts.push(`seen again by ${counted(alert.repeats, "later run")}`);
  if (alert.partialLookback) parts.push("the logs start inside its look-back");
  return parts.filter((part) => part !== "").join(" · ");
}

function incidents(page: Page, all: readonly Incident[]): void {
  const several = all.filter(({ alerts }) => alerts > 1);
  if (several.length === 0) return;
  page.title(`INCIDENTS of several alerts: ${several.length}`);
  for (const incident of several) {
    page.row(incident.first, incident.severity, incident.title);
    page.detail(
      [counted(incident.alerts, "alert"), `until ${timeText(incident.last)}`, entitiesText(incident)].join(" · "),
    );
  }
}

function table(page: Page, title: string, lines: readonly CoverageLine[]): void {
  const width = Math.max(title.length, ...lines.map(({ name }) => Math.min(40, name.length)));
  const heads = ["rules", ...RULE_OUTCOMES, "alerts"];
  const cells = (values: readonly (string | number)[]): string =>
    values.map((value, i) => pad(String(value), Math.max(6, (heads[i] ?? "").length), "right")).join("  ");
  page.title(`${pad(title, width)}  ${cells(heads)}`);
  for (const { name, rules, outcomes, alerts } of lines)
    page.lines.push(
      `${pad(name, width)}  ${cells([rules, ...RULE_OUTCOMES.map((outcome) => outcomes[outcome]), alerts])}`,
    );
}

function problems(page: Page, coverage: readonly RuleCoverage[]): void {
  const failed = coverage.filter(({ outcome }) => outcome === "unsupported" || outcome === "error");
  if (failed.length === 0) return;
  page.title("RULES THAT DID NOT RUN");
  for (const rule of failed.slice(0, LISTED_RULES))
    page.lines.push(`${pad(rule.outcome, 11)}  ${terminalText(rule.ruleName)}: ${terminalText(rule.reason)}`);
  if (failed.length > LISTED_RULES) page.lines.push(`${failed.length - LISTED_RULES} more: --coverage lists all.`);
}

function notes(page: Page, coverage: readonly RuleCoverage[]): void {
  const found = notesOf(coverage);
  if (found.length === 0) return;
  page.title("WHAT RULES NAME AND NOTHING GIVES");
  for (const { note, rules } of found.slice(0, LISTED_RULES))
    page.lines.push(`${pad(counted(rules, "rule"), 11)}  ${terminalText(note)}`);
  if (found.length > LISTED_RULES) page.lines.push(`${found.length - LISTED_RULES} more: --coverage lists all.`);
}

/** Alerts in the order of time, incidents of several alerts, and what became of the rules. */
export function render(detection: Detection, options: TimelineOptions): string {
  const { alerts, incidents: all, coverage, start, end } = redact(detection) as Detection;
  const page = new Page(options);
  page.title(
    `${counted(alerts.length, "alert")} in ${counted(all.length, "incident")}, ${timeText(start)} to ${timeText(end)} UTC`,
  );
  for (const alert of alerts) {
    page.row(alert.windowEnd, alert.severity, alert.title);
    page.detail(alertDetail(alert));
  }
  incidents(page, all);
  table(page, "COVERAGE", [totals(coverage)]);
  table(page, "CONNECTOR", byConnector(coverage));
  table(page, "TECHNIQUE", byTechnique(coverage));
  problems(page, coverage);
  notes(page, coverage);
  return `${page.lines.join("\n")}\n`;
}
