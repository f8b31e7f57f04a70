import { announce, count, data, h, heading, plural, search, section, select } from "./dom.js";
import { emptySection } from "./overview.js";
import { virtualTable } from "./virtual.js";

const COLUMNS = [
  { title: "Rank", min: 60, grow: 0, class: "number" },
  { title: "Subject", min: 200, grow: 1.5, class: "wrap two" },
  { title: "Moves", min: 210, grow: 0.8 },
  { title: "Criteria that name it", min: 220, grow: 2 },
  { title: "Failed events", min: 110, grow: 0, class: "number" },
];

const links = (keys) => keys.map((key) => h("a", { class: "chip plain", href: `#c-${key}` }, data.criteria[key].id));

/** How far fixing this subject alone would take a pillar. */
function movement({ move, pillar }) {
  if (pillar < 0) return h("span", { class: "sub" }, "no stage by itself");
  const { title, next } = data.pillars[pillar];
  const percent = move * 100;
  const text = percent < 0.1 ? "< 0.1 %" : `${Number(percent.toFixed(percent < 10 ? 1 : 0))} %`;
  return h(
    "span",
    { class: "move" },
    h("b", {}, text),
    h("span", { class: "sub block" }, `${title} to ${data.stages[next]}`),
  );
}

export function drawOffenders() {
  const all = data.offenders.map((entry, i) => ({
    ...{ rank: i + 1, subject: entry[0], keys: entry[1], failed: entry[2], move: entry[3], pillar: entry[4] },
  }));
  if (all.length === 0) return emptySection("offenders", "Offenders", "No criterion lists an offender.");
  const cells = (entry) => [
    count(entry.rank),
    entry.subject,
    movement(entry),
    h("span", { class: "chips" }, links(entry.keys)),
    count(entry.failed),
  ];
  const table = virtualTable({ label: "Offenders", columns: COLUMNS, cells, rowHeight: 52, visible: 12 });
  const status = h("p", { class: "sub status" });
  const filter = { text: "", pillar: "" };
  const update = () => {
    const matches = all.filter(
      ({ subject, keys }) =>
        (filter.text === "" || subject.toLowerCase().includes(filter.text)) &&
        (filter.pillar === "" || keys.some((key) => data.criteria[key].pillar === filter.pillar)),
    );
    table.show(matches);
    status.textContent = `${count(matches.length)} of ${plural(all.length, "subject")}`;
    announce(status.textContent);
  };
  const set = (name) => (event) => {
    filter[name] = event.target.value.toLowerCase();
    update();
  };
  const pillars = [["", "All pillars"], ...data.pillars.map(({ key, title }) => [key, title])];
  section("offenders").append(
    ...heading(
      "offenders",
      "Offenders",
      "Users, devices, apps and hosts behind the criteria, by how much each moves a stage: the share of a pillar's way to its next stage that fixing this one alone would go.",
    ),
    h("div", { class: "toolbar" }, search("Search offenders", set("text")), select("Pillar", pillars, set("pillar"))),
    status,
    table.element,
  );
  update();
}
