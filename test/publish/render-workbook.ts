import type { Value } from "../../src/core/kusto.ts";
import { htmlText } from "../../src/core/text/html.ts";
import type { Formatter, Item } from "../../src/publish/workbook/items.ts";
import { contentOf, type Placed, type QueryContent } from "./workbook-items.ts";
import type { Answer } from "./workspace.ts";

/*
 * Turns the items of a workbook and the answers to their queries into a page: grids with their formatters and labels,
 * tiles by their settings, charts as SVG. A reading of the workbook's settings that is independent of what wrote them.
 */

const STYLE = `body{font:13px system-ui,sans-serif;margin:16px;background:#fff;color:#222}section{display:flex;flex-wrap:wrap;gap:12px;border-top:3px solid #0a6;margin:18px 0;padding-top:6px}
.item{box-sizing:border-box;overflow:auto;max-height:420px}h3{font-size:13px;margin:4px 0}table{border-collapse:collapse}td,th{border:1px solid #ddd;padding:2px 6px;text-align:left;vertical-align:top;max-width:420px}
.tiles{display:flex;gap:10px;flex-wrap:wrap}.tile{border:1px solid #999;border-radius:4px;padding:8px;min-width:150px}.tile b{display:block;font-size:16px}.nodata{font-style:italic;color:#555}
.bar{background:#7ab8f5;display:inline-block;height:9px;margin-right:4px}.chip{padding:0 6px;border-radius:8px;border:1px solid #666}svg{width:100%;height:220px}pre{white-space:pre-wrap}`;

const plain = (value: Value | undefined): string =>
  value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);

interface Threshold {
  readonly operator: string;
  readonly thresholdValue: string | null;
  readonly representation: string;
}

function threshold(value: string, grid: readonly Threshold[]): string {
  const found = grid.find(({ operator, thresholdValue }) => operator === "Default" || thresholdValue === value);
  return `<span class="chip" data-representation="${htmlText(found?.representation ?? "none")}">${htmlText(value)}</span>`;
}

function cell(value: Value | undefined, formatter: Formatter | undefined, largest: number): string {
  const text = plain(value);
  const options = formatter?.formatOptions ?? {};
  switch (formatter?.formatter) {
    case 3:
      return `<span class="bar" style="width:${(60 * Number(value ?? 0)) / Math.max(1, largest)}px"></span>${htmlText(text)}`;
    case 6:
      return `<time>${htmlText(text.slice(0, 16).replace("T", " "))}</time>`;
    case 7:
      if (options.linkTarget === "Url" && text === "") return "";
      return `<a data-target="${htmlText(String(options.linkTarget))}" title="${htmlText(text.slice(0, 300))}">${htmlText(String(options.linkLabel))}</a>`;
    case 18:
      return threshold(text, options.thresholdsGrid as readonly Threshold[]);
    default: {
      const isShare = JSON.stringify(formatter?.numberFormat ?? {}).includes('"percent"');
      return htmlText(isShare && typeof value === "number" ? `${(value * 100).toFixed(2)} %` : text.slice(0, 200));
    }
  }
}

function gridOf({ gridSettings }: QueryContent, names: readonly string[], rows: readonly Answer[]): string {
  const formatterOf = (name: string): Formatter | undefined =>
    gridSettings?.formatters.find(({ columnMatch }) => columnMatch === `^${name}$`);
  const shown = names.filter((name) => formatterOf(name)?.formatter !== 5);
  const label = (name: string): string =>
    gridSettings?.labelSettings.find(({ columnId }) => columnId === name)?.label ?? name;
  const largest = new Map(shown.map((name) => [name, Math.max(0, ...rows.map((row) => Number(row[name]) || 0))]));
  const body = rows.slice(0, 40).map((row) => {
    const cells = shown.map((name) => `<td>${cell(row[name], formatterOf(name), largest.get(name) ?? 0)}</td>`);
    return `<tr>${cells.join("")}</tr>`;
  });
  return `<table><thead><tr>${shown.map((name) => `<th>${htmlText(label(name))}</th>`).join("")}</tr></thead><tbody>${body.join("")}</tbody></table>`;
}

function tilesOf({ tileSettings }: QueryContent, rows: readonly Answer[]): string {
  if (!tileSettings) throw new Error("tiles without settings");
  const { titleContent, leftContent, secondaryContent, subtitleContent, sortCriteriaField } = tileSettings;
  const part = (row: Answer, formatter: Formatter): string =>
    cell(row[formatter.columnMatch.slice(1, -1)], formatter, 1);
  const sorted = rows.toSorted((a, b) => Number(a[sortCriteriaField]) - Number(b[sortCriteriaField]));
  const tile = (row: Answer): string =>
    `<div class="tile"><b>${part(row, titleContent)}</b>${part(row, subtitleContent)}<p>${part(row, leftContent)}</p>${part(row, secondaryContent)}</div>`;
  return `<div class="tiles">${sorted.map(tile).join("")}</div>`;
}

const COLOURS = ["#0b62a4", "#c0504d", "#3c8d40", "#8064a2", "#d08b1d", "#2b8a9e", "#7f7f7f", "#b03a7c"];

function chartOf({ chartSettings, visualization }: QueryContent, rows: readonly Answer[]): string {
  if (!chartSettings) throw new Error("a chart without settings");
  const { xAxis, yAxis, group } = chartSettings;
  const [y = ""] = yAxis;
  const xs = [...new Set(rows.map((row) => plain(row[xAxis])))].sort();
  const groups = [...new Set(rows.map((row) => plain(row[group])))];
  const highest = Math.max(1, ...rows.map((row) => Number(row[y])));
  const left = (x: Value | undefined): number => 20 + (540 * (xs.indexOf(plain(x)) + 0.5)) / xs.length;
  const top = (value: Value | undefined): number => 180 - (160 * Number(value)) / highest;
  const series = groups.map((name, i) => {
    const own = rows.filter((row) => plain(row[group]) === name).toSorted((a, b) => left(a[xAxis]) - left(b[xAxis]));
    const colour = COLOURS[i % COLOURS.length];
    if (visualization === "categoricalbar")
      return own
        .map((row) => {
          const width = 480 / xs.length / groups.length;
          return `<rect x="${left(row[xAxis]) - (groups.length / 2 - i) * width}" y="${top(row[y])}" width="${width}" height="${180 - top(row[y])}" fill="${colour}"/>`;
        })
        .join("");
    const points = own.map((row) => `${left(row[xAxis])},${top(row[y])}`).join(" ");
    const dots = own
      .map((row) => `<circle cx="${left(row[xAxis])}" cy="${top(row[y])}" r="3" fill="${colour}"/>`)
      .join("");
    return `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="2"/>${dots}`;
  });
  const names = groups.map((name, i) => `<tspan fill="${COLOURS[i % COLOURS.length]}">${htmlText(name)} </tspan>`);
  const ticks = xs.map(
    (x) => `<text x="${left(x)}" y="194" font-size="9" text-anchor="middle">${htmlText(x.slice(0, 14))}</text>`,
  );
  return `<svg viewBox="0 0 580 215" role="img">${series.join("")}${ticks.join("")}<text x="20" y="210" font-size="10">${names.join("")}</text></svg>`;
}

export interface Answered {
  readonly names: readonly string[];
  readonly rows: readonly Answer[];
}

function figure(item: Item, answer: Answered | undefined): string {
  const content = contentOf(item);
  if (!answer) throw new Error(`${item.name} was not asked`);
  if (answer.rows.length === 0) return `<p class="nodata">${htmlText(content.noDataMessage)}</p>`;
  if (content.visualization === "table") return gridOf(content, answer.names, answer.rows);
  return content.visualization === "tiles" ? tilesOf(content, answer.rows) : chartOf(content, answer.rows);
}

/** The whole workbook on one page, every tab open below the other. */
export function renderWorkbook(placed: readonly Placed[], answers: ReadonlyMap<string, Answered>): string {
  let open = false;
  const parts = placed.map(({ item }) => {
    if (item.type === 12) {
      const start = `${open ? "</section>" : ""}<h2>${htmlText(item.name)}</h2><section id="${htmlText(item.name)}">`;
      open = true;
      return start;
    }
    const width = `style="width:${item.customWidth ? `calc(${item.customWidth}% - 12px)` : "100%"}"`;
    if (item.type === 1) return `<pre ${width}>${htmlText(String(item.content.json)).replaceAll("↵", "\n")}</pre>`;
    if (item.type !== 3) return "";
    const { title } = contentOf(item);
    return `<div class="item" id="${htmlText(item.name)}" ${width}><h3>${htmlText(title)}</h3>${figure(item, answers.get(item.name))}</div>`;
  });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>workbook</title><style>${STYLE}</style><body>${parts.join("\n")}</section></body></html>`;
}
