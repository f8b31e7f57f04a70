import { gauge, intervalChart, ladder, skyline } from "./chart.js";
import { count, data, h, heading, plural, section } from "./dom.js";

const stateCount = (...states) => states.reduce((sum, state) => sum + (data.health.states[state] ?? 0), 0);

const tile = (value, text, href, kind = "") =>
  h("a", { class: `tile ${kind}`, href }, h("b", { class: "value" }, count(value)), h("span", {}, text));

function tiles() {
  const open = data.health.unassessed.length;
  const lost = data.health.totals.quarantined;
  return h(
    "div",
    { class: "tiles" },
    tile(stateCount("met"), `of ${plural(data.criteria.length, "criterion", "criteria")} met`, "#criteria", "good"),
    tile(stateCount("not_met"), "not met", "#criteria", "bad"),
    tile(open, "without a verdict", "#health", open > 0 ? "warn" : ""),
    tile(stateCount("excepted"), "excepted", "#criteria"),
    tile(data.anomalies.length, data.anomalies.length === 1 ? "anomaly" : "anomalies", "#anomalies"),
    tile(lost, `of ${plural(data.health.totals.read, "record")} quarantined`, "#health", lost > 0 ? "warn" : ""),
  );
}

function alertBox() {
  const open = data.health.unassessed.length;
  if (open === 0 && data.health.reconciled) return null;
  const text =
    open === 0
      ? "The counts of some input do not add up."
      : `${open} of ${plural(data.criteria.length, "criterion has", "criteria have")} no verdict. Missing data is never counted as a pass or as a failure.`;
  return h(
    "p",
    { class: "notice" },
    h("strong", {}, "Read this first. "),
    text,
    " ",
    h("a", { href: "#health" }, "See data health"),
  );
}

function blockerItem(blocker) {
  const criterion = data.criteria[blocker.criterion];
  const name = `${blocker.id} ${blocker.name}`;
  const link = criterion ? h("a", { href: `#c-${blocker.criterion}` }, name) : name;
  const chart = criterion && !blocker.open && criterion.low !== null ? intervalChart(criterion) : null;
  const way = blocker.way === "" ? null : h("p", { class: "way" }, blocker.way);
  const mark = h("span", { class: blocker.open ? "mark open" : "mark short" }, blocker.open ? "?" : "✗");
  return h(
    "li",
    {},
    mark,
    h(
      "div",
      { class: "blocker-text" },
      h("div", { class: "blocker-name" }, link),
      h("p", {}, blocker.text),
      chart,
      way,
    ),
  );
}

function blockerList(pillar) {
  if (pillar.total === 0) return h("p", { class: "done" }, "No criterion was evaluated.");
  if (pillar.next === null) return h("p", { class: "done" }, "Every stage is reached. Keep the criteria as they are.");
  const title = h("h4", {}, `Blocks ${data.stages[pillar.next]}`);
  if (pillar.blockers.length === 0) return h("p", { class: "done" }, "No criterion blocks the next stage.");
  const [first, second, ...rest] = pillar.blockers.map(blockerItem);
  const more =
    rest.length > 0
      ? h("details", {}, h("summary", {}, `${count(rest.length)} more`), h("ul", { class: "blockers" }, rest))
      : null;
  return h("div", {}, title, h("ul", { class: "blockers" }, first, second), more);
}

/** How firmly the stage stands: the criterion that would lose it first. */
function weakest({ weakest: held }) {
  if (held === null) return null;
  return h(
    "p",
    { class: "sub held" },
    "Held by ",
    h("a", { href: `#c-${held.criterion}` }, held.id),
    `: ${held.text}.`,
  );
}

function card(pillar) {
  const v = pillar.verification;
  const figure = v.rate === null ? "no known event" : v.share;
  return h(
    "article",
    { class: "card" },
    h(
      "header",
      {},
      h("h3", {}, pillar.title),
      h("span", { class: "sub assessed" }, `${pillar.assessed} of ${pillar.total} assessed`),
    ),
    h("p", { class: `stage-name stage-${pillar.stage}` }, data.stages[pillar.stage]),
    ladder(pillar.stage),
    h("div", { class: "ends", "aria-hidden": "true" }, h("span", {}, "Traditional"), h("span", {}, "Optimal")),
    h(
      "dl",
      { class: "verified" },
      h("dt", {}, "Continuously verified"),
      h("dd", {}, h("b", {}, figure), v.bounds ? ` (${v.bounds})` : ""),
    ),
    gauge(v),
    h("p", { class: "sub" }, `${v.events} known events, coverage ${v.coverageText}, ${v.unknown} unknown`),
    weakest(pillar),
    blockerList(pillar),
  );
}

export function drawOverview() {
  section("overview").append(
    h(
      "div",
      { class: "hero" },
      h(
        "div",
        {},
        h("p", { class: "eyebrow" }, `As of ${data.asOf}`),
        h("h1", { id: "overview-title" }, "Zero Trust maturity"),
        h("p", { class: "headline" }, data.headline),
        h("p", { class: "sub" }, `Events from ${data.windowText}`),
      ),
      skyline(data.pillars),
    ),
    ...[alertBox()].filter(Boolean),
    tiles(),
    h("h2", { class: "hidden" }, "Pillars"),
    h("div", { class: "cards" }, data.pillars.map(card)),
  );
}

export const emptySection = (id, title, text) =>
  section(id).append(...heading(id, title), h("p", { class: "empty" }, text));
