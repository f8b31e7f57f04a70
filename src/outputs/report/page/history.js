import {
  announce,
  count,
  data,
  h,
  heading,
  nextId,
  plural,
  RUNGS,
  section,
  stageChip,
  stateChip,
  svg,
  titleOf,
} from "./dom.js";

const [WIDTH, LEFT, LANE, TOP] = [1000, 150, 34, 12];

const positions = (times) => {
  const [from, to] = [Date.parse(times[0]), Date.parse(times.at(-1))];
  return times.map((time) => LEFT + ((Date.parse(time) - from) / Math.max(1, to - from)) * (WIDTH - LEFT - 24));
};

/** One lane per pillar; each moment's stage lasts until the next one. Height and colour say the same. */
function lanes({ times, texts, pillars }) {
  const x = positions(times);
  const ends = [...x.slice(1), WIDTH - 4];
  const bottom = TOP + pillars.length * LANE;
  const rows = pillars.map(({ key, stages, rates }, i) => {
    const base = TOP + (i + 1) * LANE - 6;
    const steps = stages.map((stage, j) => {
      const rung = RUNGS.indexOf(stage) + 1;
      const height = rung === 0 ? 6 : 4 + rung * 6;
      const rate = rates[j] === null ? "" : `, ${Number((rates[j] * 100).toFixed(1))} % verified`;
      return svg(
        "rect",
        {
          class: rung === 0 ? "unknown" : `stage-${stage}`,
          x: x[j],
          y: base - height,
          width: Math.max(1, ends[j] - x[j] - 1),
          height,
        },
        svg("title", {}, `${titleOf.get(key)}, ${texts[j]}: ${data.stages[stage]}${rate}`),
      );
    });
    return svg("g", {}, svg("text", { class: "lane-name", x: 0, y: base - 6 }, titleOf.get(key) ?? key), steps);
  });
  const every = Math.max(1, Math.ceil(times.length / 10));
  const ticks = times.flatMap((time, i) =>
    i % every === 0
      ? [svg("text", { class: "tick", x: x[i], y: bottom + 18, "text-anchor": "middle" }, time.slice(5, 10))]
      : [],
  );
  const cursor = svg("line", { class: "moment", x1: 0, x2: 0, y1: 2, y2: bottom });
  const element = svg(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${bottom + 26}`,
      role: "img",
      "aria-label": `Stages of ${plural(pillars.length, "pillar")} at ${plural(times.length, "moment")}; the slider below tells each.`,
    },
    rows,
    ticks,
    cursor,
  );
  const point = (i) => {
    cursor.setAttribute("x1", x[i]);
    cursor.setAttribute("x2", x[i]);
  };
  return { element, point };
}

/** The stages at one moment, and which criteria stood elsewhere than now. */
function travel({ texts, pillars, changed }, i) {
  const stages = pillars.map(({ key, stages: all }) => h("li", {}, `${titleOf.get(key)} `, stageChip(all[i])));
  const rows = changed[i].map(([key, state, stage, share]) =>
    h(
      "tr",
      {},
      h("td", {}, h("a", { href: `#c-${key}` }, `${data.criteria[key].id} ${data.criteria[key].name}`)),
      h("td", {}, stateChip(state), ` ${data.stages[stage]}, ${share}`),
      h(
        "td",
        {},
        stateChip(data.criteria[key].state),
        ` ${data.stages[data.criteria[key].stage]}, ${data.criteria[key].share}`,
      ),
    ),
  );
  return [
    h("h3", {}, texts[i]),
    h("ul", { class: "then reach" }, stages),
    rows.length === 0
      ? h("p", { class: "sub" }, "Every criterion stood as it does now.")
      : h(
          "div",
          { class: "scroll", tabindex: 0, role: "region", "aria-label": "What was different" },
          h(
            "table",
            {},
            h(
              "thead",
              {},
              h(
                "tr",
                {},
                ["Criterion", "Then", "Now"].map((title) => h("th", { scope: "col" }, title)),
              ),
            ),
            h("tbody", {}, rows),
          ),
        ),
  ];
}

export function drawHistory() {
  const { history } = data;
  if (history === null) return section("history").remove();
  const last = history.times.length - 1;
  const { element, point } = lanes(history);
  const pane = h("div", { class: "detail" });
  const id = nextId("moment");
  const show = (i) => {
    point(i);
    slider.setAttribute("aria-valuetext", history.texts[i]);
    pane.replaceChildren(...travel(history, i));
  };
  const slider = h("input", {
    id,
    type: "range",
    min: 0,
    max: last,
    value: 0,
    oninput: (event) => {
      show(Number(event.target.value));
      announce(history.texts[Number(event.target.value)]);
    },
  });
  section("history").append(
    ...heading(
      "history",
      "Over time",
      `The stages at ${count(last + 1)} moments. Move the slider to see where everything stood, and what has moved since.`,
    ),
    h(
      "div",
      { class: "frame scrolling", tabindex: 0, role: "region", "aria-label": "Stages over time, scrollable" },
      element,
    ),
    h("div", { class: "field" }, h("label", { for: id }, "Moment"), slider),
    pane,
  );
  show(0);
}

/** A criterion's value over time, with the threshold that it works towards. */
export function trendChart(criterion) {
  const known = criterion.trend.filter((value) => value !== null);
  if (known.length < 2) return null;
  const goal = criterion.thresholds.find(({ stage }) => stage === criterion.goal)?.at;
  const marks = goal === undefined ? known : [...known, goal];
  const [least, most] = [Math.min(...marks), Math.max(...marks)];
  const margin = Math.max(0.01, (most - least) * 0.15);
  const x = positions(data.history.times).map((at) => ((at - LEFT) / (WIDTH - LEFT - 24)) * 560 + 60);
  const y = (value) => 80 - ((value - least + margin) / (most - least + 2 * margin)) * 70;
  const points = criterion.trend.flatMap((value, i) => (value === null ? [] : [[x[i], y(value)]]));
  const percent = (value) => `${Number((value * 100).toFixed(1))} %`;
  return svg(
    "svg",
    {
      class: "trend",
      viewBox: "0 0 640 100",
      role: "img",
      "aria-label": `Value over time: from ${percent(known[0])} to ${percent(known.at(-1))}.`,
    },
    goal === undefined
      ? null
      : [
          svg("line", { class: "median", x1: 60, x2: 620, y1: y(goal), y2: y(goal) }),
          svg("text", { class: "tick", x: 52, y: y(goal) + 4, "text-anchor": "end" }, percent(goal)),
        ],
    svg("path", {
      class: "spark-line",
      d: points.map(([px, py], i) => `${i === 0 ? "M" : "L"}${px.toFixed(1)} ${py.toFixed(1)}`).join(""),
    }),
    points.map(([px, py]) => svg("circle", { class: "point", cx: px, cy: py, r: 2.5 })),
    svg("text", { class: "tick", x: 60, y: 98 }, data.history.times[0].slice(0, 10)),
    svg("text", { class: "tick", x: 620, y: 98, "text-anchor": "end" }, data.history.times.at(-1).slice(0, 10)),
  );
}
