import { intervalChart } from "./chart.js";
import {
  announce,
  copy,
  count,
  data,
  h,
  heading,
  LADDER,
  MARKS,
  plural,
  search,
  section,
  select,
  stageChip,
  stateChip,
  titleOf,
} from "./dom.js";
import { trendChart } from "./history.js";
import { virtualTable } from "./virtual.js";

const SAMPLE = 8;
const STATE_ORDER = ["not_met", "insufficient", "absent", "stale", "partial", "excepted", "met"];
const NEAR = { miss: "near miss", hold: "narrow" };

const ORDERS = {
  attention: [
    "What needs attention",
    (a, b) => (b.blocks !== null) - (a.blocks !== null) || STATE_ORDER.indexOf(a.state) - STATE_ORDER.indexOf(b.state),
  ],
  fixes: ["Fewest events to the next stage", (a, b) => (a.fixes ?? Infinity) - (b.fixes ?? Infinity) || 0],
  slack: ["Fewest events to lose the stage", (a, b) => (a.slack ?? Infinity) - (b.slack ?? Infinity) || 0],
  id: ["Identifier", (a, b) => (a.id < b.id ? -1 : 1)],
  offenders: ["Number of offenders", (a, b) => b.rows.length - a.rows.length],
  stage: ["Required from stage", (a, b) => LADDER.indexOf(a.from) - LADDER.indexOf(b.from)],
};

/** Columns whose numbers name something: no digit groups. */
const NAMING = /(?:id|number|port|code|year)$/i;

function cellText(value, column) {
  if (value === null) return "–";
  return typeof value === "number" && !NAMING.test(column) ? count(value) : String(value);
}

function offenderTable(criterion) {
  const numeric = criterion.columns.map((_, i) => typeof criterion.rows[0][i] === "number");
  const classes = numeric.map((is) => (is ? "number" : ""));
  if (criterion.rows.length > SAMPLE) {
    const columns = criterion.columns.map((title, i) => ({
      title,
      class: classes[i],
      ...(i === 0 ? { min: 210, grow: 1.6 } : {}),
    }));
    const table = virtualTable({
      label: `Offenders of ${criterion.id}`,
      columns,
      cells: (row) => row.map((value, i) => cellText(value, criterion.columns[i])),
      visible: SAMPLE,
    });
    table.show(criterion.rows);
    return table.element;
  }
  const head = criterion.columns.map((title, i) => h("th", { scope: "col", class: classes[i] }, title));
  const rows = criterion.rows.map((row) =>
    h(
      "tr",
      {},
      row.map((value, i) => h("td", { class: classes[i] }, cellText(value, criterion.columns[i]))),
    ),
  );
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": `Offenders of ${criterion.id}` },
    h("table", {}, h("thead", {}, h("tr", {}, head)), h("tbody", {}, rows)),
  );
}

/** The fewest offenders that hold the failures, the largest first. */
function holdersText(holders) {
  if (holders.length === 0) return "";
  const named = holders.slice(0, 3).join(", ");
  return `; ${named}${holders.length > 3 ? ` and ${count(holders.length - 3)} more` : ""} would be enough`;
}

function towards({ goal, fixes, holders, failures, state }) {
  if (goal === null) return "nothing left to reach";
  if (fixes !== null) {
    const events = `${count(fixes)} of ${plural(failures, "failed event")} fixed, for ${data.stages[goal]}`;
    return fixes === 0 ? events : `${events}${holdersText(holders)}`;
  }
  return state === "met" || state === "not_met"
    ? "more events: the sample is too small"
    : "data: there is no verdict yet";
}

function exceptions({ exceptions: effect }) {
  if (effect === null) return [];
  const { state, stage, share } = effect.without;
  return [
    h("h4", {}, plural(effect.applied.length, "exception")),
    h(
      "ul",
      { class: "exceptions" },
      effect.applied.map(({ entity, reason, owner, expires }) =>
        h("li", {}, h("b", {}, entity ?? "the whole criterion"), `: ${reason} (owner ${owner}, until ${expires})`),
      ),
    ),
    h("p", { class: "sub" }, `Without: ${data.states[state]}, ${data.stages[stage]}, ${share}.`),
  ];
}

function facts(criterion) {
  const pairs = [
    ["Numerator / denominator", criterion.counts ?? "–"],
    ["Value (95 % bounds)", criterion.value === null ? "–" : `${criterion.share} (${criterion.bounds})`],
    ["Stage reached", data.stages[criterion.stage]],
    ["Required from", data.stages[criterion.from]],
    ["Thresholds", criterion.thresholds.map(({ stage, text }) => `${data.stages[stage]} ${text}`).join(", ") || "–"],
    ["To the next stage", towards(criterion)],
    ["To lose the stage", criterion.slack === null ? "–" : plural(criterion.slack + 1, "more failed event")],
    ["Minimum sample", count(criterion.minimum)],
    ["Tables", criterion.tables.join(", ") || "–"],
  ];
  return h(
    "dl",
    { class: "facts" },
    pairs.map(([term, text]) => h("div", {}, h("dt", {}, term), h("dd", {}, text))),
  );
}

function details(criterion) {
  const code = h("code", {}, criterion.query);
  const button = h(
    "button",
    { type: "button", class: "quiet", onclick: () => copy(criterion.query, code, button) },
    "Copy query",
  );
  const offenders =
    criterion.rows.length > 0 ? [h("h4", {}, plural(criterion.rows.length, "offender")), offenderTable(criterion)] : [];
  return [
    h("p", { class: "reason" }, criterion.reason),
    criterion.thresholds.length > 0 ? intervalChart(criterion, true) : null,
    facts(criterion),
    criterion.trend === null ? null : trendChart(criterion),
    criterion.outlook === null ? null : h("p", { class: "sub" }, criterion.outlook),
    h("p", { class: "next" }, h("strong", {}, "Next: "), criterion.next),
    ...exceptions(criterion),
    ...offenders,
    h("div", { class: "query-head" }, h("h4", {}, "Query as run"), button),
    h("pre", { tabindex: 0, "aria-label": `Query of ${criterion.id}` }, code),
    h("p", { class: "sub digest" }, `sha256 ${criterion.digest}`),
  ];
}

/** One criterion: a row that opens. What it opens is built the first time. */
function item(criterion, key) {
  const panel = h("div", { class: "panel", id: `panel-${key}`, hidden: true });
  const button = h(
    "button",
    {
      type: "button",
      class: "opener",
      "aria-expanded": "false",
      "aria-controls": `panel-${key}`,
      onclick: () => open(!isOpen()),
    },
    h("span", { class: "id" }, criterion.id),
    h("span", { class: "name" }, criterion.name),
  );
  const isOpen = () => button.getAttribute("aria-expanded") === "true";
  const open = (wanted) => {
    if (wanted && panel.childElementCount === 0) panel.append(...details(criterion).filter(Boolean));
    panel.hidden = !wanted;
    button.setAttribute("aria-expanded", String(wanted));
  };
  const measure = h(
    "div",
    { class: "measure" },
    h("b", {}, criterion.share),
    h("span", {}, criterion.counts ?? "no count"),
  );
  const chart =
    criterion.thresholds.length > 0 && criterion.low !== null
      ? intervalChart(criterion)
      : h("span", { class: "sub" }, "no interval");
  const element = h(
    "li",
    { class: "criterion", id: `c-${key}` },
    h(
      "div",
      { class: "summary" },
      h(
        "div",
        { class: "chips" },
        stateChip(criterion.state),
        criterion.blocks ? h("span", { class: "chip blocks" }, `blocks ${data.stages[criterion.blocks]}`) : null,
        criterion.near ? h("span", { class: "chip near" }, NEAR[criterion.near]) : null,
      ),
      h(
        "div",
        { class: "what" },
        h("h3", {}, button),
        h("span", { class: "sub" }, `${titleOf.get(criterion.pillar)}, from ${data.stages[criterion.from]}`),
      ),
      measure,
      h("div", { class: "chart" }, chart),
      h("div", { class: "reach" }, stageChip(criterion.stage)),
    ),
    panel,
  );
  return {
    criterion,
    element,
    open,
    text: [criterion.id, criterion.name, criterion.reason, ...criterion.tables].join(" ").toLowerCase(),
  };
}

function stateButtons(filter, update) {
  const states = Object.keys(data.states).filter((state) => data.health.states[state]);
  return h(
    "fieldset",
    { class: "states" },
    h("legend", {}, "State"),
    states.map((state) => {
      return h(
        "button",
        {
          type: "button",
          class: `chip toggle state-${state}`,
          "data-state": state,
          "aria-pressed": "false",
          onclick: () => {
            if (!filter.states.delete(state)) filter.states.add(state);
            update();
          },
        },
        `${MARKS[state]} ${data.states[state]} `,
        h("b", {}, count(data.health.states[state])),
      );
    }),
  );
}

const ONLY = {
  "": "All",
  blocks: "What blocks a stage",
  miss: "Near misses",
  hold: "Narrowly held",
  excepted: "With an exception",
};

function isShown(criterion, only) {
  if (only === "blocks") return criterion.blocks !== null;
  if (only === "excepted") return criterion.exceptions !== null || criterion.state === "excepted";
  return only === "" || criterion.near === only;
}

/** Every criterion, in the order of the data; filled once. */
const items = [];

/** Opens the criterion that the address names; a filter that hides it is cleared. */
export function openTarget() {
  const match = /^#c-(\d+)$/.exec(location.hash);
  const target = match && items[Number(match[1])];
  if (!target) return;
  if (!target.element.isConnected) section("criteria").querySelector("form").reset();
  target.open(true);
  target.element.scrollIntoView({ block: "start" });
  target.element.querySelector("button").focus({ preventScroll: true });
}

export function drawCriteria() {
  items.push(...data.criteria.map(item));
  const none = { text: "", pillar: "", order: "attention", only: "" };
  const filter = { ...none, states: new Set() };
  const list = h("ol", { class: "criteria" });
  const status = h("p", { class: "sub status" });
  const update = () => {
    const matches = items.filter(
      ({ criterion, text }) =>
        text.includes(filter.text) &&
        (filter.pillar === "" || criterion.pillar === filter.pillar) &&
        (filter.states.size === 0 || filter.states.has(criterion.state)) &&
        isShown(criterion, filter.only),
    );
    const [, order] = ORDERS[filter.order];
    list.replaceChildren(...matches.sort((a, b) => order(a.criterion, b.criterion)).map(({ element }) => element));
    for (const button of form.querySelectorAll("[aria-pressed]")) {
      button.setAttribute("aria-pressed", String(filter.states.has(button.dataset.state)));
    }
    status.textContent = `${count(matches.length)} of ${plural(items.length, "criterion", "criteria")}`;
    announce(status.textContent);
  };
  const set = (name) => (event) => {
    filter[name] = event.target.value.toLowerCase();
    update();
  };
  const pillars = [["", "All pillars"], ...data.pillars.map(({ key, title }) => [key, title])];
  const orders = Object.entries(ORDERS).map(([key, [title]]) => [key, title]);
  const reset = () => {
    Object.assign(filter, none);
    filter.states.clear();
    update();
  };
  const form = h(
    "form",
    { onreset: reset, onsubmit: (event) => event.preventDefault() },
    h(
      "div",
      { class: "toolbar" },
      search("Search criteria", set("text")),
      select("Pillar", pillars, set("pillar")),
      select("Show", Object.entries(ONLY), set("only")),
      select("Sort by", orders, set("order")),
      h("button", { type: "reset", class: "quiet tall" }, "Clear"),
    ),
    stateButtons(filter, update),
  );
  section("criteria").append(
    ...heading(
      "criteria",
      "Criteria",
      "Each criterion is a rate over log events. Its 95 % interval must lie inside the band of a stage to prove it; where a stage needs all or none, the counts must say so.",
    ),
    form,
    status,
    list,
  );
  update();
  addEventListener("hashchange", openTarget);
}
