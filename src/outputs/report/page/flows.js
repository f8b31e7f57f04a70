import { count, data, h, heading, plural, section, svg } from "./dom.js";
import { emptySection } from "./overview.js";
import { virtualTable } from "./virtual.js";

const [WIDTH, SIDE, BAR, GAP, LEAST] = [1000, 250, 12, 15, 3];
/** Segments per side that are drawn by name. */
const MOST_SEGMENTS = 14;
const REST = "Other segments";
const KINDS = [
  ["intended", "allowed by a rule of yours"],
  ["unintended", "allowed by default only"],
  ["denied", "denied"],
];

/** Flows with the rest of the segments folded together, and by kind. */
function links(flows, left, right) {
  const merged = new Map();
  for (const flow of flows) {
    const source = left.has(flow.source) ? flow.source : REST;
    const target = right.has(flow.target) ? flow.target : REST;
    const key = `${source}\n${target}`;
    const link = merged.get(key) ?? { source, target, intended: 0, unintended: 0, denied: 0 };
    for (const [kind] of KINDS) link[kind] += flow[kind];
    merged.set(key, link);
  }
  return [...merged.values()];
}

function largest(flows, side) {
  const sums = new Map();
  for (const flow of flows) sums.set(flow[side], (sums.get(flow[side]) ?? 0) + flow.flows);
  const names = [...sums].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  return new Set(names.slice(0, names.length > MOST_SEGMENTS ? MOST_SEGMENTS - 1 : MOST_SEGMENTS));
}

/** The segments of one side from the top down: name → {top, height, used}. */
function stack(names, weight, scale) {
  let top = 8;
  return new Map(
    names.map((name) => {
      const height = Math.max(LEAST, weight(name) * scale);
      const place = { top, height, used: 0 };
      top += height + GAP;
      return [name, place];
    }),
  );
}

const total = (link) => link.intended + link.unintended + link.denied;

function diagram(all) {
  const sum = (side, name) => all.filter((link) => link[side] === name).reduce((n, link) => n + total(link), 0);
  const names = (side) =>
    [...new Set(all.map((link) => link[side]))].sort(
      (a, b) => (a === REST) - (b === REST) || sum(side, b) - sum(side, a),
    );
  const everything = all.reduce((n, link) => n + total(link), 0);
  const scale = 420 / Math.max(1, everything);
  const left = stack(names("source"), (name) => sum("source", name), scale);
  const right = stack(names("target"), (name) => sum("target", name), scale);
  const bottom = Math.max(...[...left.values(), ...right.values()].map(({ top, height }) => top + height)) + 8;
  const order = [...right.keys()];
  const ribbons = all
    .toSorted((a, b) => order.indexOf(a.target) - order.indexOf(b.target))
    .flatMap((link) => KINDS.flatMap(([kind, words]) => ribbon(link, kind, words, left, right, scale)));
  const height = (n) => `${count(n)} flows`;
  return svg(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${bottom}`,
      role: "img",
      "aria-label": `Flows between ${plural(left.size, "source")} and ${plural(right.size, "target")}; the table below lists them.`,
    },
    ribbons,
    [...left].map(([name, place]) => side(name, place, SIDE - BAR, SIDE - BAR - 8, "end", height(sum("source", name)))),
    [...right].map(([name, place]) =>
      side(name, place, WIDTH - SIDE, WIDTH - SIDE + BAR + 8, "start", height(sum("target", name))),
    ),
  );
}

function ribbon(link, kind, words, left, right, scale) {
  const value = link[kind];
  if (value === 0) return [];
  const [from, to] = [left.get(link.source), right.get(link.target)];
  const thick = Math.max(0.6, value * scale);
  const [a, b] = [from.top + from.used + thick / 2, to.top + to.used + thick / 2];
  from.used += value * scale;
  to.used += value * scale;
  const [x1, x2] = [SIDE, WIDTH - SIDE];
  const middle = (x1 + x2) / 2;
  return [
    svg(
      "path",
      { class: `ribbon ${kind}`, d: `M${x1} ${a}C${middle} ${a} ${middle} ${b} ${x2} ${b}`, "stroke-width": thick },
      svg("title", {}, `${link.source} to ${link.target}: ${plural(value, "flow")} ${words}`),
    ),
  ];
}

const LONGEST = 34;
const shorten = (name) => (name.length > LONGEST ? `…${name.slice(1 - LONGEST)}` : name);

const side = (name, { top, height }, barAt, textAt, anchor, words) =>
  svg(
    "g",
    {},
    svg("rect", { class: "segment", x: barAt, y: top, width: BAR, height, rx: 2 }),
    svg("text", { class: "segment-name", x: textAt, y: top + height / 2 + 4, "text-anchor": anchor }, shorten(name)),
    svg("title", {}, `${name}: ${words}`),
  );

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];
function bytes(value) {
  const power = Math.min(UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return `${Number((value / 1000 ** power).toPrecision(3))} ${UNITS[power]}`;
}

const COLUMNS = [
  { title: "From", min: 190, grow: 1.4 },
  { title: "To", min: 190, grow: 1.4 },
  { title: "Flows", min: 80, grow: 0, class: "number" },
  { title: "Volume", min: 80, grow: 0, class: "number" },
  { title: "Own rule", min: 90, grow: 0, class: "number" },
  { title: "Default only", min: 100, grow: 0, class: "number" },
  { title: "Denied", min: 80, grow: 0, class: "number" },
];

const cells = (flow) => [
  flow.source,
  flow.target,
  count(flow.flows),
  bytes(flow.bytes),
  count(flow.intended),
  count(flow.unintended),
  count(flow.denied),
];

export function drawFlows() {
  if (data.flows === null) return section("segments").remove();
  const flows = data.flows.map(([source, target, all, size, denied, unintended]) => ({
    ...{ source, target, flows: all, bytes: size, denied, unintended, intended: all - denied - unintended },
  }));
  if (flows.length === 0)
    return emptySection("segments", "Network segments", "No flow log of virtual networks was in the data.");
  const table = virtualTable({ label: "Flows between segments", columns: COLUMNS, cells, visible: 6 });
  table.show(flows);
  section("segments").append(
    ...heading(
      "segments",
      "Network segments",
      "Who talks to whom, by flow records. What only a platform default let pass is what segmentation has yet to rule on.",
    ),
    h(
      "ul",
      { class: "legend" },
      KINDS.map(([kind, words]) => h("li", { class: kind }, words)),
    ),
    h(
      "div",
      { class: "frame scrolling", tabindex: 0, role: "region", "aria-label": "Flow diagram, scrollable" },
      diagram(links(flows, largest(flows, "source"), largest(flows, "target"))),
    ),
    table.element,
  );
}
