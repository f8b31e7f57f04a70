import { activityChart, baselineText, sparkline } from "./activity.js";
import { announce, count, data, h, heading, plural, search, section, select, svg, titleOf } from "./dom.js";
import { emptySection } from "./overview.js";
import { virtualTable } from "./virtual.js";

const MOST_DOTS = 3000;
const LANE = 34;
const LEFT = 150;
const WIDTH = 1000;

function days(from, to) {
  const step = Math.max(1, Math.ceil((to - from) / 86_400_000 / 10)) * 86_400_000;
  const first = Math.ceil(from / 86_400_000) * 86_400_000;
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, i) => first + i * step);
}

/** One lane per pillar, one dot per anomaly; larger dots score higher among those of their detector. */
function timeline(anomalies) {
  const dated = anomalies
    .map((anomaly) => [anomaly, Date.parse(anomaly.time)])
    .filter(([, time]) => !Number.isNaN(time));
  const from = dated.reduce((least, [, time]) => Math.min(least, time), Date.parse(data.window[0]));
  const to = dated.reduce((most, [, time]) => Math.max(most, time), Math.max(Date.parse(data.window[1]), from + 1));
  const x = (time) => LEFT + ((time - from) / (to - from)) * (WIDTH - LEFT - 16);
  const lanes = data.pillars.filter(({ key }) => anomalies.some(({ pillar }) => pillar === key));
  const y = new Map(lanes.map(({ key }, i) => [key, 22 + i * LANE]));
  const bottom = 10 + lanes.length * LANE;
  const grid = days(from, to).map((day) => [
    svg("line", { class: "gridline", x1: x(day), x2: x(day), y1: 4, y2: bottom }),
    svg(
      "text",
      { class: "tick", x: x(day), y: bottom + 18, "text-anchor": "middle" },
      new Date(day).toISOString().slice(5, 10),
    ),
  ]);
  const names = lanes.map(({ key, title }) => [
    svg("line", { class: "lane", x1: LEFT, x2: WIDTH - 16, y1: y.get(key), y2: y.get(key) }),
    svg("text", { class: "lane-name", x: 0, y: y.get(key) + 4 }, title),
    // A narrow screen shows the right end, where the newest are.
    svg("text", { class: "lane-name narrow", x: WIDTH - 16, y: y.get(key) - 9, "text-anchor": "end" }, title),
  ]);
  const strongest = dated.slice(0, MOST_DOTS).sort((a, b) => b[0].weight - a[0].weight);
  const dots = strongest
    .filter(([{ pillar }]) => y.has(pillar))
    .map(([anomaly, time]) =>
      svg(
        "circle",
        {
          class: "dot",
          cx: x(time),
          cy: y.get(anomaly.pillar),
          r: 3 + 5 * Math.sqrt(anomaly.weight),
        },
        svg("title", {}, `${anomaly.timeText}, ${anomaly.detector}: ${anomaly.subject}`),
      ),
    );
  const label = `Timeline of ${plural(anomalies.length, "anomaly", "anomalies")}; the table below lists them.`;
  return h(
    "div",
    { class: "timeline", tabindex: 0, role: "region", "aria-label": "Anomaly timeline, scrollable" },
    svg(
      "svg",
      { viewBox: `0 0 ${WIDTH} ${bottom + 26}`, role: "img", "aria-label": label },
      ...grid.flat(),
      ...names.flat(),
      ...dots,
    ),
  );
}

const COLUMNS = [
  { title: "Time", min: 110, grow: 0 },
  { title: "Detector", min: 150, grow: 0.6 },
  { title: "Subject", min: 160, grow: 0.8, class: "wrap" },
  { title: "Activity in the window", min: 160, grow: 0 },
  { title: "What is unusual", min: 280, grow: 2.6, class: "wrap" },
  { title: "Score", min: 56, grow: 0, class: "number" },
  { title: "p", min: 70, grow: 0, class: "number" },
];

/** `0.0042`, `7.9e-5`. */
function odds({ pValue }) {
  if (pValue === null) return "–";
  return pValue > 0 && pValue < 0.001 ? pValue.toExponential(1) : Number(pValue.toPrecision(2)).toString();
}

const cells = (open) => (anomaly) => [
  h("span", {}, anomaly.timeText.slice(0, 10), h("span", { class: "sub block" }, anomaly.timeText.slice(11))),
  h("span", {}, anomaly.detector, h("span", { class: "sub block" }, titleOf.get(anomaly.pillar) ?? anomaly.pillar)),
  h("button", { type: "button", class: "link", onclick: () => open(anomaly) }, anomaly.subject || "(no subject)"),
  sparkline(anomaly),
  anomaly.reason,
  count(anomaly.score),
  odds(anomaly),
];

/** One anomaly at large: what was usual, what peers do, how to look further. */
function detail(anomaly) {
  const facts = [
    ["When", anomaly.timeText],
    ["Detector", anomaly.detector],
    ["Score", count(anomaly.score)],
    ["Chance of this by accident", anomaly.pValue === null ? "the detector states none" : `p ${odds(anomaly)}`],
  ];
  return [
    h("h3", {}, anomaly.subject || "(no subject)"),
    h("p", { class: "reason" }, anomaly.reason),
    h(
      "dl",
      { class: "facts" },
      facts.map(([term, text]) => h("div", {}, h("dt", {}, term), h("dd", {}, text))),
    ),
    ...(anomaly.series === null
      ? []
      : [
          activityChart(anomaly),
          h("p", { class: "sub" }, `Baseline: ${baselineText(anomaly)}`),
          anomaly.peers ? h("p", { class: "sub" }, `Peers: ${anomaly.peers}`) : null,
        ]),
    h("p", { class: "sub mono" }, `ztlens explain ${anomaly.id} --data <export>`),
  ].filter(Boolean);
}

const FINDING_COLUMNS = [
  { title: "From", min: 110, grow: 0 },
  { title: "Subject", min: 195, grow: 0.9, class: "wrap" },
  { title: "Told by", min: 170, grow: 0.8, class: "wrap" },
  { title: "What is unusual", min: 300, grow: 2.6, class: "wrap" },
  { title: "Anomalies", min: 88, grow: 0, class: "number" },
  { title: "p", min: 70, grow: 0, class: "number" },
];

const pillarNames = ({ pillars }) => pillars.map((key) => titleOf.get(key) ?? key).join(", ");

const findingCells = (open) => (finding) => [
  h("span", {}, finding.from.slice(0, 10), h("span", { class: "sub block" }, finding.from.slice(11))),
  h("button", { type: "button", class: "link", onclick: () => open(finding) }, finding.subject || "(no subject)"),
  `${finding.detectors.join(", ")} (${pillarNames(finding)})`,
  finding.reason,
  count(finding.anomalies.length),
  odds(finding),
];

/** One finding at large: its anomaly, or its anomalies in order of time, each of which opens. */
const findingDetail = (openAnomaly) => (finding) =>
  finding.anomalies.length === 1 ? detail(data.anomalies[finding.anomalies[0]]) : story(finding, openAnomaly);

const story = (finding, openAnomaly) => [
  h("h3", {}, finding.subject || "(no subject)"),
  h("p", { class: "reason" }, finding.reason),
  h(
    "p",
    { class: "sub" },
    `${finding.from} – ${finding.to} · ${pillarNames(finding)} · chance of this by accident: ${finding.pValue === null ? "no detector states one" : `p ${odds(finding)}`}`,
  ),
  h(
    "ol",
    { class: "story" },
    finding.anomalies.map((place) => {
      const anomaly = data.anomalies[place];
      return h(
        "li",
        {},
        h("span", { class: "sub" }, anomaly.timeText),
        h("button", { type: "button", class: "link", onclick: () => openAnomaly(anomaly) }, anomaly.detector),
        h("span", {}, anomaly.reason),
      );
    }),
  ),
];

const LISTS = [
  ["findings", "Findings: one subject at one time"],
  ["anomalies", "Each anomaly"],
];
const ORDERS = [
  ["rank", "Strongest first"],
  ["time", "Newest first"],
];

/** The two lists that the section shows one of: what is in them, their columns, and what opens. */
function lists(pane) {
  const into =
    (details) =>
    (one, focus = true) => {
      pane.replaceChildren(...details(one));
      if (focus) pane.focus();
    };
  const openAnomaly = into(detail);
  const openFinding = into(findingDetail(openAnomaly));
  const table = (label, columns, draw) => virtualTable({ label, columns, cells: draw, rowHeight: 78, visible: 8 });
  return {
    anomalies: {
      all: data.anomalies,
      open: openAnomaly,
      table: table("Anomalies", COLUMNS, cells(openAnomaly)),
      nouns: ["anomaly", "anomalies"],
      pillars: ({ pillar }) => [pillar],
      words: (a) => `${a.detector} ${a.subject} ${a.reason}`,
    },
    findings: {
      all: data.findings ?? [],
      open: openFinding,
      table: table("Findings", FINDING_COLUMNS, findingCells(openFinding)),
      nouns: ["finding", "findings"],
      pillars: ({ pillars }) => pillars,
      words: (f) => `${f.detectors.join(" ")} ${f.subject} ${f.reason}`,
    },
  };
}

export function drawAnomalies() {
  if (data.anomalies.length === 0)
    return emptySection(
      "anomalies",
      "Anomalies",
      "No anomaly was found. That says something only about the events that were there: see data health.",
    );
  const pane = h("div", { class: "detail", role: "region", "aria-label": "What was chosen", tabindex: 0 });
  const both = lists(pane);
  const isGrouped = both.findings.all.length > 0;
  const filter = { text: "", pillar: "", order: "rank", list: isGrouped ? "findings" : "anomalies" };
  const status = h("p", { class: "sub status" });
  const update = () => {
    const { all, nouns, pillars, words, table } = both[filter.list];
    const matches = all.filter(
      (one) =>
        (filter.pillar === "" || pillars(one).includes(filter.pillar)) &&
        words(one).toLowerCase().includes(filter.text),
    );
    if (filter.order === "time") matches.sort((a, b) => (a.time < b.time ? 1 : -1));
    for (const list of Object.values(both)) list.table.element.hidden = list.table !== table;
    table.show(matches);
    status.textContent = `${count(matches.length)} of ${plural(all.length, ...nouns)}`;
    announce(status.textContent);
  };
  const set = (name) => (event) => {
    filter[name] = event.target.value.toLowerCase();
    update();
  };
  const pillars = [["", "All pillars"], ...data.pillars.map(({ key, title }) => [key, title])];
  section("anomalies").append(
    ...heading("anomalies", "Anomalies", "Deviations from each entity's own baseline. They do not change a stage."),
    timeline(data.anomalies),
    h(
      "div",
      { class: "toolbar" },
      search("Search anomalies", set("text")),
      isGrouped ? select("List", LISTS, set("list")) : null,
      select("Pillar", pillars, set("pillar")),
      select("Sort by", ORDERS, set("order")),
    ),
    status,
    both.findings.table.element,
    both.anomalies.table.element,
    pane,
  );
  // What is new is at the right, which a narrow screen does not show at first.
  const lanes = section("anomalies").querySelector(".timeline");
  lanes.scrollLeft = lanes.scrollWidth;
  const { all, open } = both[filter.list];
  open(all[0], false);
  update();
}
