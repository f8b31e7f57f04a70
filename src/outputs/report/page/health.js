import { count, data, h, heading, plural, section, stateChip, titleOf } from "./dom.js";
import { virtualTable } from "./virtual.js";

const MEANING = {
  met: "The interval proves the first stage that requires the criterion.",
  not_met: "The interval does not prove it.",
  excepted: "Not proven; an exception with reason and expiry covers it.",
  insufficient: "Fewer events than the minimum: no verdict.",
  absent: "A table or column is not there: no verdict.",
  stale: "The newest row is older than the table's cadence: no verdict.",
  partial: "The query failed or was cut short: no verdict.",
};

function equation({ read, accepted, quarantined, skipped }) {
  const part = (value, text, kind = "") =>
    h("div", { class: `term ${kind}` }, h("b", {}, count(value)), h("span", {}, text));
  const sign = (text) => h("span", { class: "sign" }, text);
  return h(
    "div",
    { class: "equation" },
    part(read, "read"),
    sign("="),
    part(accepted, "accepted"),
    sign("+"),
    part(quarantined, "quarantined", quarantined > 0 ? "warn" : ""),
    sign("+"),
    part(skipped, "skipped"),
  );
}

function states() {
  const rows = Object.keys(data.states).map((state) =>
    h(
      "tr",
      {},
      h("td", {}, stateChip(state)),
      h("td", { class: "number" }, count(data.health.states[state] ?? 0)),
      h("td", {}, MEANING[state]),
    ),
  );
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "States" },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { scope: "col" }, "State"),
          h("th", { scope: "col", class: "number" }, "Criteria"),
          h("th", { scope: "col" }, "Meaning"),
        ),
      ),
      h("tbody", {}, rows),
    ),
  );
}

function unassessed() {
  const items = data.health.unassessed.map((key) => {
    const criterion = data.criteria[key];
    return h(
      "li",
      {},
      stateChip(criterion.state),
      h(
        "div",
        {},
        h("a", { href: `#c-${key}` }, `${criterion.id} ${criterion.name}`),
        h("p", {}, `${titleOf.get(criterion.pillar)}: ${criterion.reason}`),
        h("p", { class: "sub" }, criterion.next),
      ),
    );
  });
  if (items.length === 0) return h("p", { class: "done" }, "Every criterion has a verdict.");
  return h("ul", { class: "open-list" }, items);
}

const COLUMNS = [
  { title: "Input", min: 200, grow: 1.5 },
  { title: "Table", min: 170, grow: 1.2 },
  { title: "Read", min: 105, grow: 0, class: "number" },
  { title: "Accepted", min: 105, grow: 0, class: "number" },
  { title: "Quarantined", min: 105, grow: 0, class: "number" },
  { title: "Skipped", min: 90, grow: 0, class: "number" },
];

/** The last part of a path is what tells files apart; where they lie comes below it. */
function inputName({ file, reason, shape }) {
  const cut = file.lastIndexOf("/") + 1;
  const folder = file.slice(0, Math.max(0, cut - 1));
  const about = reason || (folder === "" ? shape : `${shape}, in ${folder}`);
  return h("span", { title: file }, file.slice(cut) || file, h("span", { class: "sub block" }, about));
}

function inputs() {
  if (data.health.inputs.length === 0) return h("p", { class: "empty" }, "No input was read.");
  const cells = (input) => [
    inputName(input),
    input.table ?? "no table",
    ...[input.read, input.accepted, input.quarantined, input.skipped].map(count),
  ];
  const table = virtualTable({ label: "Inputs", columns: COLUMNS, cells, rowHeight: 54, visible: 10 });
  table.show(data.health.inputs);
  return table.element;
}

function problems() {
  const rows = data.health.inputs.flatMap((input) =>
    input.problems.map((problem) => ({ file: input.file, ...problem })),
  );
  if (rows.length === 0) return [];
  const columns = [
    { title: "Input", min: 180, grow: 1 },
    { title: "Record", min: 90, grow: 0, class: "number" },
    { title: "Byte", min: 120, grow: 0, class: "number" },
    { title: "Reason", min: 130, grow: 0 },
    { title: "Message", min: 240, grow: 2 },
  ];
  const cells = (row) => [
    row.file,
    count(row.position),
    row.offset === null ? null : count(row.offset),
    row.code,
    row.message,
  ];
  const table = virtualTable({ label: "Quarantined records", columns, cells, visible: 8 });
  table.show(rows);
  return [h("h3", {}, `Quarantined records (${plural(rows.length, "example")})`), table.element];
}

export function drawHealth() {
  const warnings = data.health.warnings.map((warning) => h("li", {}, warning));
  section("health").append(
    ...heading(
      "health",
      "Data health",
      "What the figures rest on. A state without a verdict is shown as such and carries no stage.",
    ),
    h("h3", {}, "What could not be assessed"),
    unassessed(),
    ...(warnings.length > 0 ? [h("h3", {}, "Warnings"), h("ul", { class: "warnings" }, warnings)] : []),
    h("h3", {}, "Records"),
    equation(data.health.totals),
    ...(data.health.reconciled
      ? []
      : [h("p", { class: "notice" }, "The counts of some input do not add up; report this as a defect.")]),
    h("h3", {}, "Inputs"),
    inputs(),
    ...problems(),
    h("h3", {}, "States"),
    states(),
  );
}
