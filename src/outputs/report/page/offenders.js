import { announce, count, data, h, heading, plural, search, section } from "./dom.js";
import { emptySection } from "./overview.js";
import { virtualTable } from "./virtual.js";

const COLUMNS = [
  { title: "Rank", min: 70, grow: 0, class: "number" },
  { title: "Subject", min: 200, grow: 1.6 },
  { title: "Criteria that name it", min: 220, grow: 2 },
  { title: "Largest figure", min: 120, grow: 0, class: "number" },
];

const links = (keys) => keys.map((key) => h("a", { class: "chip plain", href: `#c-${key}` }, data.criteria[key].id));

export function drawOffenders() {
  const all = data.offenders.map((entry, i) => ({ rank: i + 1, subject: entry[0], keys: entry[1], size: entry[2] }));
  if (all.length === 0) return emptySection("offenders", "Offenders", "No criterion lists an offender.");
  const cells = ({ rank, subject, keys, size }) => [
    count(rank),
    subject,
    h("span", { class: "chips" }, links(keys)),
    size === null ? null : count(size),
  ];
  const table = virtualTable({ label: "Offenders", columns: COLUMNS, cells, visible: 14 });
  const status = h("p", { class: "sub status" });
  const update = (text) => {
    const matches = text === "" ? all : all.filter(({ subject }) => subject.toLowerCase().includes(text));
    table.show(matches);
    status.textContent = `${count(matches.length)} of ${plural(all.length, "subject")}`;
    announce(status.textContent);
  };
  section("offenders").append(
    ...heading(
      "offenders",
      "Offenders",
      "Users, devices, apps and hosts behind the criteria: those that the most criteria name come first.",
    ),
    h(
      "div",
      { class: "toolbar" },
      search("Search offenders", (event) => update(event.target.value.toLowerCase())),
    ),
    status,
    table.element,
  );
  update("");
}
