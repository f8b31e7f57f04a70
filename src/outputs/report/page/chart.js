import { data, LADDER, RUNGS, svg } from "./dom.js";

const percent = (x) => `${Number((x * 100).toFixed(2))} %`;

/** The part of 0…1 that holds the interval and the thresholds, with a margin: what is close can be told apart. */
function domain(criterion) {
  const marks = criterion.thresholds.map(({ at }) => at);
  if (criterion.low !== null) marks.push(criterion.low, criterion.high);
  const least = Math.min(...marks);
  const most = Math.max(...marks);
  const margin = Math.max(0.01, (most - least) * 0.18);
  const step = most - least > 0.2 ? 0.05 : 0.005;
  const from = Math.max(0, Math.floor((least - margin) / step) * step);
  const to = Math.max(from + step, Math.min(1, Math.ceil((most + margin) / step) * step));
  return [from, to];
}

/** The stage bands of the axis: [stage, from, to], with equal neighbours merged. */
function bands(criterion, [from, to]) {
  const least = criterion.direction === "atLeast";
  const cuts = [...criterion.thresholds].sort((a, b) => a.at - b.at);
  const edges = [from, ...cuts.map(({ at }) => Math.min(to, Math.max(from, at))), to];
  return edges.slice(1).map((end, i) => {
    const passed = criterion.thresholds.filter(({ at }) => (least ? at <= edges[i] + 1e-12 : at >= end - 1e-12));
    const stage = passed.length === 0 ? "traditional" : passed.at(-1).stage;
    return [stage, edges[i], end];
  });
}

export function describe(criterion) {
  const needs = criterion.thresholds.map(({ stage, text }) => `${data.stages[stage]} ${text}`).join(", ");
  const measured = criterion.value === null ? "No value" : `${criterion.share}, 95 % interval ${criterion.bounds}`;
  return `${measured}. Thresholds: ${needs || "none"}.`;
}

/** Value and interval over the bands of the stages. `tall` adds the thresholds' labels. */
export function intervalChart(criterion, tall = false) {
  const width = tall ? 640 : 240;
  const height = tall ? 96 : 34;
  const [top, size] = tall ? [38, 22] : [4, 14];
  const span = domain(criterion);
  const x = (value) =>
    6 + ((Math.min(span[1], Math.max(span[0], value)) - span[0]) / (span[1] - span[0])) * (width - 12);
  const rects = bands(criterion, span).map(([stage, from, to]) =>
    svg("rect", {
      class: `band stage-${stage}`,
      x: x(from),
      y: top,
      width: Math.max(0, x(to) - x(from)),
      height: size,
    }),
  );
  const parts = [...rects, ...axis(span, top + size, width, tall)];
  if (tall) parts.push(...thresholdLabels(criterion, x, top, size));
  if (criterion.low !== null) parts.push(...interval(criterion, x, top + size / 2, size));
  return svg(
    "svg",
    {
      class: tall ? "interval tall" : "interval",
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": describe(criterion),
    },
    ...parts,
  );
}

const axis = (span, bottom, width, tall) => [
  svg("text", { class: "tick", x: 6, y: bottom + (tall ? 20 : 13) }, percent(span[0])),
  svg("text", { class: "tick", x: width - 6, y: bottom + (tall ? 20 : 13), "text-anchor": "end" }, percent(span[1])),
];

/** Equal thresholds share a label; labels that would touch take two levels. */
function thresholdLabels(criterion, x, top, size) {
  const groups = new Map();
  for (const { stage, at, text } of criterion.thresholds) {
    const group = groups.get(at) ?? { text, stages: [] };
    group.stages.push(data.stages[stage]);
    groups.set(at, group);
  }
  let last = -Infinity;
  let level = 0;
  return [...groups]
    .sort((a, b) => a[0] - b[0])
    .flatMap(([at, { text, stages }]) => {
      const label = `${stages.length > 1 ? `${stages[0]}–${stages.at(-1)}` : stages[0]} ${text}`;
      const middle = Math.min(640 - label.length * 3.2, Math.max(label.length * 3.2, x(at)));
      level = middle - last < label.length * 6.6 + 8 ? 1 - level : 0;
      last = middle;
      return [
        svg("line", { class: "cut", x1: x(at), x2: x(at), y1: level === 1 ? 14 : 28, y2: top + size }),
        svg("text", { class: "label", x: middle, y: level === 1 ? 11 : 25, "text-anchor": "middle" }, label),
      ];
    });
}

function interval(criterion, x, middle, size) {
  const low = x(criterion.low);
  const high = x(criterion.high);
  const cap = size / 2 - 2;
  return [
    svg("path", {
      class: "whisker",
      d: `M${low} ${middle - cap}V${middle + cap}M${high} ${middle - cap}V${middle + cap}M${low} ${middle}H${high}`,
    }),
    svg("circle", { class: "point", cx: x(criterion.value), cy: middle, r: size > 16 ? 5 : 4 }),
  ];
}

/** Four rungs from Traditional to Optimal; those that are reached are filled. */
export function ladder(stage) {
  const reached = RUNGS.indexOf(stage);
  const label =
    reached < 0 ? "Stage: not assessable" : `Stage: ${data.stages[stage]}, ${reached + 1} of ${RUNGS.length}`;
  const rungs = RUNGS.map((_, i) =>
    svg("rect", {
      class: `rung ${i <= reached ? `stage-${stage}` : reached < 0 ? "unknown" : "open"}`,
      x: i * 61,
      y: 0,
      width: 57,
      height: 8,
      rx: 2,
    }),
  );
  return svg("svg", { class: "ladder", viewBox: "0 0 240 8", role: "img", "aria-label": label }, ...rungs);
}

/** A share with its bounds on 0…1. */
export function gauge({ rate, low, high, share, bounds }) {
  const label = rate === null ? "No event with a known verdict" : `${share} verified, 95 % interval ${bounds}`;
  const x = (value) => value * 240;
  const parts = [svg("rect", { class: "track", x: 0, y: 3, width: 240, height: 6, rx: 3 })];
  if (rate !== null) {
    parts.push(svg("rect", { class: "fill", x: 0, y: 3, width: Math.max(1, x(rate)), height: 6, rx: 3 }));
    parts.push(
      svg("rect", { class: "bound", x: x(low), y: 0, width: Math.max(2, x(high) - x(low)), height: 12, rx: 1 }),
    );
  }
  return svg("svg", { class: "gauge", viewBox: "0 0 240 12", role: "img", "aria-label": label }, ...parts);
}

/** All pillars side by side, one column of three rungs each. */
export function skyline(pillars) {
  const names = pillars.map((pillar) => `${pillar.title}: ${data.stages[pillar.stage]}`).join(", ");
  const columns = pillars.flatMap((pillar, i) => {
    const reached = LADDER.indexOf(pillar.stage);
    const x = 84 + i * 60;
    const open = pillar.stage === "not_assessable";
    return [
      ...LADDER.map((_, rung) =>
        svg("rect", {
          class: rung <= reached ? `stage-${LADDER[rung]}` : open ? "unknown" : "open",
          x,
          y: 76 - rung * 34,
          width: 48,
          height: 28,
          rx: 4,
        }),
      ),
      open ? svg("text", { class: "question", x: x + 24, y: 62, "text-anchor": "middle" }, "?") : null,
      svg("text", { class: "tick", x: x + 24, y: 124, "text-anchor": "middle" }, SHORT[pillar.key] ?? pillar.title),
    ];
  });
  const rows = LADDER.map((stage, rung) =>
    svg("text", { class: "tick", x: 74, y: 94 - rung * 34, "text-anchor": "end" }, data.stages[stage]),
  );
  return svg(
    "svg",
    {
      class: "skyline",
      viewBox: `0 0 ${84 + Math.max(1, pillars.length) * 60} 130`,
      role: "img",
      "aria-label": names || "No pillar",
    },
    ...rows,
    ...columns,
  );
}

const SHORT = {
  identities: "Identities",
  devices: "Devices",
  applications: "Apps",
  network: "Network",
  data: "Data",
  infrastructure: "Infra",
};
