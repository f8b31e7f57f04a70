// Renews what the README says about the code, between its markers: the board of the demo, and tables from the registries.
// With --check it only compares, and fails where the README is out of date. Names of blocks limit it to those.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = `${root}README.md`;
const from = (path) => import(`${root}src/${path}`);

/** The first lines of `ztlens demo`: title, data health and the six pillars. */
function board() {
  const folder = mkdtempSync(join(tmpdir(), "ztlens-readme-"));
  try {
    const out = execFileSync(process.execPath, [`${root}src/cli.ts`, "demo", "--report", join(folder, "r.html")], {
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1" },
    });
    const lines = out.split("\n");
    const pillars = lines.findIndex((line) => line.startsWith("PILLAR"));
    const end = lines.indexOf("", pillars);
    return ["```", lines[0], lines[1], "", ...lines.slice(pillars, end), "```"].join("\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The first sentence of the docstring of each module's default export. */
function* sentences(folder) {
  for (const file of readdirSync(`${root}src/${folder}`).sort()) {
    const source = readFileSync(`${root}src/${folder}/${file}`, "utf8");
    const doc = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport default/.exec(source)?.[1];
    if (doc === undefined) throw new Error(`${folder}/${file}: the default export has no docstring.`);
    const text = doc.replace(/\s*\n \* ?/g, " ").trim();
    yield {
      name: file.replace(/\.ts$/, ""),
      text: (/^.*?[.](?= [A-Z]|$)/.exec(text)?.[0] ?? text).replaceAll("|", "\\|"),
    };
  }
}

/** Answers of query APIs are told by their form, not by a sample of records: they have no file among the shapes. */
function answers() {
  const source = readFileSync(`${root}src/tables/api_tables.ts`, "utf8");
  const text = /\/\*\* The result tables of ([^*]*?) \*\/\nexport function tablesOfAnswer/.exec(source)?.[1];
  if (text === undefined) throw new Error("tables/api_tables.ts: tablesOfAnswer has no docstring.");
  return { name: "api_answer", text: text.charAt(0).toUpperCase() + text.slice(1) };
}

function shapes() {
  const all = [answers(), ...sentences("tables/shapes")].sort((a, b) => (a.name < b.name ? -1 : 1));
  const rows = all.map(({ name, text }) => `| \`${name}\` | ${text} |`);
  return ["| shape | what it is |", "|---|---|", ...rows].join("\n");
}

async function support() {
  const { supported } = await from("kql/support.ts");
  const rows = Object.entries(supported()).map(
    ([kind, { names, known }]) => `| ${kind} | ${names.length} | ${known ?? "–"} |`,
  );
  return ["| kind | supported | known to Microsoft's binder |", "|---|---|---|", ...rows].join("\n");
}

async function detectors() {
  const { loadDetectors } = await from("analyzer/registry.ts");
  const pillars = new Map((await loadDetectors()).map((detector) => [detector.name, detector.pillars]));
  const where = (name) => (pillars.get(name)?.length === 6 ? "all" : pillars.get(name)?.join(", "));
  const rows = [...sentences("analyzer/detectors")].map(
    ({ name, text }) => `| \`${name}\` | ${where(name)} | ${text} |`,
  );
  return ["| detector | pillars | finds |", "|---|---|---|", ...rows].join("\n");
}

/** What `npm run bench:detect` found, scenario by scenario. */
function detection() {
  const { users, days, seeds, scenarios } = JSON.parse(readFileSync(`${root}test/bench/detect.json`, "utf8"));
  const number = (value) => value.toLocaleString("en-US");
  const share = (value) => `${(100 * value).toFixed(1)} %`;
  const runs = seeds.map(
    ({ seed, tuned, rows, recall, falsePerDayPer1000 }) =>
      `| ${seed}${tuned ? " (tuned on)" : ""} | ${number(rows)} | ${share(recall)} | ${falsePerDayPer1000.toFixed(2)} |`,
  );
  const time = (minutes) => (minutes === null ? "–" : minutes < 1 ? "at once" : `${Math.round(minutes)} min`);
  const told = (detectors) =>
    Object.entries(detectors)
      .map(([name, times]) => `\`${name}\` ${times}`)
      .join(", ");
  const rows = scenarios.map(
    ({ attack, pillar, found, minutes, detectors }) =>
      `| ${attack} | ${pillar} | ${found}/${seeds.length} | ${time(minutes)} | ${told(detectors) || "missed"} |`,
  );
  return [
    `Simulated tenants of ${number(users)} users over ${days} days, with harmless oddities (travel, new telephones, forgotten passwords, clean-ups):`,
    "",
    "| seed | rows | attacks found | false findings per day and 1,000 users |",
    "|---|---|---|---|",
    ...runs,
    "",
    "| attack | pillar | found | time to detect, median | told by (in how many tenants) |",
    "|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

/** What `npm run bench:ingest` measured. */
function ingest() {
  const { machine, sizes } = JSON.parse(readFileSync(`${root}test/bench/ingest.json`, "utf8"));
  const rate = ({ bytes, seconds }) => `${Math.floor(bytes / 1e6 / seconds)} MB/s`;
  const memory = ({ peakMiB }) => `${Math.ceil(peakMiB)} MiB`;
  const rows = Object.values(sizes)
    .filter(({ ztlens, duckdb }) => ztlens && duckdb)
    .map(({ ztlens, store, duckdb }) => {
      const kept = store ? [rate(store), memory(store)] : ["–", "–"];
      const share = (by) => `${Math.floor((100 * duckdb[by]) / ztlens[by])} %`;
      const cells = [
        `${(ztlens.bytes / 1e9).toFixed(1)} GB`,
        rate(ztlens),
        memory(ztlens),
        ...kept,
        rate(duckdb),
        share("seconds"),
        share("cpu"),
      ];
      return `| ${cells.join(" | ")} |`;
    });
  return [
    `Exports of a simulated tenant, every column, mapped and accounted for, beside DuckDB's own \`CREATE TABLE AS\` of the`,
    `same columns (${machine}; \`npm run bench:ingest\`):`,
    "",
    "| exports | loaded | peak memory | into a store | peak memory | DuckDB | share of its speed | by CPU time |",
    "|---|---|---|---|---|---|---|---|",
    ...rows,
  ].join("\n");
}

const blocks = { detection, board, shapes, ingest, support, detectors };
const asked = process.argv.slice(2).filter((name) => name in blocks);
let text = readFileSync(readme, "utf8");
for (const [name, render] of Object.entries(blocks)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  const [begin, end] = [`<!-- begin: ${name} -->\n`, `<!-- end: ${name} -->`];
  const [start, stop] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
  text = `${text.slice(0, start)}${await render()}\n${text.slice(stop)}`;
}
if (!process.argv.includes("--check")) writeFileSync(readme, text);
else if (text !== readFileSync(readme, "utf8")) {
  process.stderr.write("README.md is out of date: run `npm run readme`.\n");
  process.exit(1);
}
