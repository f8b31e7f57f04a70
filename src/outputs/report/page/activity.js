import { count, data, h, plural, svg } from "./dom.js";

const line = (values, x, y) =>
  values.map((value, i) => `${i === 0 ? "M" : "L"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join("");

/** The activity behind an anomaly in the size of a word; the dot is the anomaly. */
export function sparkline(anomaly) {
  if (anomaly.series === null) return h("span", { class: "sub" }, "–");
  const { events } = data.series[anomaly.series];
  const most = Math.max(1, ...events);
  const x = (i) => 2 + (i / Math.max(1, events.length - 1)) * 116;
  const y = (value) => 26 - (value / most) * 22;
  const at = Math.min(events.length - 1, Math.max(0, anomaly.baseline.at));
  return svg(
    "svg",
    { class: "spark", viewBox: "0 0 120 28", role: "img", "aria-label": baselineText(anomaly) },
    svg("path", { class: "spark-line", d: line(events, x, y) }),
    svg("circle", { class: "spark-dot", cx: x(at), cy: y(events[at]), r: 3 }),
  );
}

export function baselineText({ baseline, series }) {
  const { stepHours, events } = data.series[series];
  const now = events[Math.max(0, Math.min(events.length - 1, baseline.at))] ?? 0;
  const unit = stepHours === 1 ? "hour" : `${stepHours} hours`;
  if (baseline.active === 0) return `${plural(now, "event")} in these ${unit}; none before.`;
  return `${plural(now, "event")} in these ${unit}; before, active in ${count(baseline.active)} of ${plural(baseline.steps, "span")} of ${unit}, with a median of ${count(baseline.median)} and ${count(baseline.most)} at most.`;
}

const [WIDTH, HEIGHT, LEFT, BOTTOM] = [1000, 170, 46, 140];

function days(start, hours, x) {
  const first = Math.ceil(start / 86_400_000) * 86_400_000;
  const step = Math.max(1, Math.ceil(hours / 24 / 10)) * 86_400_000;
  const marks = [];
  for (let day = first; day < start + hours * 3_600_000; day += step) {
    marks.push(
      svg("line", { class: "gridline", x1: x(day), x2: x(day), y1: 12, y2: BOTTOM }),
      svg(
        "text",
        { class: "tick", x: x(day), y: BOTTOM + 18, "text-anchor": "middle" },
        new Date(day).toISOString().slice(5, 10),
      ),
    );
  }
  return marks;
}

/** Events per step as bars, those with a failed check within them, the median of the active steps before as a line. */
export function activityChart(anomaly) {
  const { events, failed, stepHours, start } = data.series[anomaly.series];
  const from = Date.parse(start);
  const hours = events.length * stepHours;
  const most = Math.max(1, ...events);
  const x = (time) => LEFT + ((time - from) / (hours * 3_600_000)) * (WIDTH - LEFT - 8);
  const y = (value) => BOTTOM - (value / most) * (BOTTOM - 14);
  const wide = Math.max(1, (WIDTH - LEFT) / events.length - 1.5);
  const bar = (value, i, kind) =>
    value === 0
      ? null
      : svg("rect", {
          class: kind,
          x: x(from + i * stepHours * 3_600_000),
          y: y(value),
          width: wide,
          height: BOTTOM - y(value),
        });
  const time = Date.parse(anomaly.time);
  return svg(
    "svg",
    { class: "activity", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": baselineText(anomaly) },
    days(from, hours, x),
    svg("text", { class: "tick", x: LEFT - 8, y: 18, "text-anchor": "end" }, count(most)),
    svg("text", { class: "tick", x: LEFT - 8, y: BOTTOM + 4, "text-anchor": "end" }, "0"),
    events.map((value, i) => bar(value, i, "column")),
    failed.map((value, i) => bar(value, i, "column failed")),
    svg("line", {
      class: "median",
      x1: LEFT,
      x2: WIDTH - 8,
      y1: y(anomaly.baseline.median),
      y2: y(anomaly.baseline.median),
    }),
    svg("path", { class: "moment", d: `M${x(time)} 4V${BOTTOM}M${x(time) - 5} 4H${x(time) + 5}` }),
  );
}
