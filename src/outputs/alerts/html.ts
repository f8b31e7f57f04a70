import { type Alert, type Detection, RULE_OUTCOMES } from "../../core/alert.ts";
import { htmlText } from "../../core/text/html.ts";
import { jsonText } from "../../core/text/json.ts";
import { redact } from "../../evidence/redact.ts";
import { byConnector, byTechnique, type CoverageLine, notesOf, totals } from "./coverage.ts";
import { entityText, timeText } from "./wording.ts";

const STYLE = `
:root{color-scheme:light dark;--line:#8884;--dim:#767676;--high:#b3261e;--medium:#8a5a00;--low:#00639b}
@media(prefers-color-scheme:dark){:root{--dim:#9b9b9b;--high:#ff8a80;--medium:#ffc466;--low:#7cc4f0}}
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2.5rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid var(--line)}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
details{border-bottom:1px solid var(--line);padding:.4rem 0}summary{cursor:pointer}
summary time{font-variant-numeric:tabular-nums;color:var(--dim);margin-right:.7rem}
.High{color:var(--high);font-weight:600}.Medium{color:var(--medium);font-weight:600}.Low{color:var(--low)}
.dim{color:var(--dim)}pre{overflow:auto;max-height:24rem;border:1px solid var(--line);padding:.6rem;font-size:12px}`;

/** Rows that a page shows of one alert: the others are in the machine-readable outputs. */
const SHOWN_ROWS = 20;

const cells = (line: CoverageLine): readonly (string | number)[] => [
  line.rules,
  ...RULE_OUTCOMES.map((outcome) => line.outcomes[outcome]),
  line.alerts,
];

function coverageTable(title: string, lines: readonly CoverageLine[]): string {
  const heads = ["rules", ...RULE_OUTCOMES, "alerts"].map((head) => `<th class="n" scope="col">${head}</th>`).join("");
  const rows = lines.map(
    (line) =>
      `<tr><th scope="row">${htmlText(line.name)}</th>${cells(line)
        .map((cell) => `<td class="n">${cell}</td>`)
        .join("")}</tr>`,
  );
  return `<table><thead><tr><th scope="col">${title}</th>${heads}</tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function alertItem(alert: Alert): string {
  const facts = [
    `Rule: ${alert.ruleName} (${alert.ruleId})`,
    `Window: ${timeText(alert.windowStart)} to ${timeText(alert.windowEnd)} UTC`,
    `${alert.rowCount} rows${alert.rows.length > SHOWN_ROWS || alert.rowsOmitted > 0 ? `, the first ${SHOWN_ROWS} below` : ""}`,
    ...(alert.techniques.length > 0 ? [`ATT&CK: ${alert.techniques.join(", ")}`] : []),
    ...(alert.repeats > 0 ? [`Seen again by ${alert.repeats} later runs`] : []),
    ...(alert.partialLookback ? ["The logs start inside the rule's look-back"] : []),
    `Incident: ${alert.incident}`,
  ];
  return `<details id="${htmlText(alert.id)}"><summary><time>${timeText(alert.windowEnd)}</time><span class="${alert.severity}">${alert.severity}</span> ${htmlText(alert.title)} <span class="dim">${htmlText(alert.entities.slice(0, 4).map(entityText).join(", "))}</span></summary>
<p>${htmlText(alert.description)}</p><ul>${facts.map((fact) => `<li>${htmlText(fact)}</li>`).join("")}</ul>
<pre>${alert.rows
    .slice(0, SHOWN_ROWS)
    .map((row) => jsonText(row, 2).split("\n").map(htmlText).join("\n"))
    .join("\n")}</pre></details>`;
}

/** A page of its own, without scripts or anything from elsewhere: the timeline, then what became of the rules. */
export function render(detection: Detection): string {
  const { alerts, incidents, coverage, start, end } = redact(detection) as Detection;
  const failed = coverage.filter(({ outcome }) => outcome !== "run");
  const reasons = failed.map(
    ({ ruleName, outcome, reason }) =>
      `<tr><th scope="row">${htmlText(ruleName)}</th><td>${outcome}</td><td>${htmlText(reason)}</td></tr>`,
  );
  const notes = notesOf(coverage).map(
    ({ note, rules }) => `<tr><th scope="row">${rules}</th><td>${htmlText(note)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Alerts</title><style>${STYLE}</style></head><body><main>
<h1>${alerts.length} alerts in ${incidents.length} incidents</h1>
<p class="dim">${timeText(start)} to ${timeText(end)} UTC</p>
<section aria-label="Alerts">${alerts.map(alertItem).join("\n")}</section>
<h2>Coverage</h2>${coverageTable("Rules", [totals(coverage)])}
<h2>By connector</h2>${coverageTable("Connector", byConnector(coverage))}
<h2>By technique</h2>${coverageTable("Technique", byTechnique(coverage))}
${reasons.length > 0 ? `<h2>Rules that gave no answer</h2><table><thead><tr><th scope="col">Rule</th><th scope="col">Outcome</th><th scope="col">Reason</th></tr></thead><tbody>${reasons.join("")}</tbody></table>` : ""}
${notes.length > 0 ? `<h2>What rules name and nothing gives</h2><table><thead><tr><th scope="col">Rules</th><th scope="col">Note</th></tr></thead><tbody>${notes.join("")}</tbody></table>` : ""}
</main></body></html>
`;
}
