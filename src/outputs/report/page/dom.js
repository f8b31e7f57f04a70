const SVG = "http://www.w3.org/2000/svg";
/** Their text is copied: not a character of it changes. */
const VERBATIM = new Set(["code", "pre", "textarea"]);

/** A number and its percent sign stay on one line. */
const unparted = (child) => (typeof child === "string" ? child.replace(/(\d) %/g, "$1\u00a0%") : child);

function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  const given = children.flat().filter((child) => child !== null && child !== undefined);
  element.append(...(VERBATIM.has(element.localName) ? given : given.map(unparted)));
  return element;
}

/** An HTML element; strings among its children become text nodes, never markup. */
export const h = (tag, attributes = {}, ...children) => build(document.createElement(tag), attributes, children);
export const svg = (tag, attributes = {}, ...children) =>
  build(document.createElementNS(SVG, tag), attributes, children);

export const data = JSON.parse(document.getElementById("data").textContent);
export const LADDER = ["initial", "intermediate", "optimal"];
export const RUNGS = ["traditional", ...LADDER];
export const MARKS = {
  met: "✓",
  not_met: "✗",
  excepted: "◇",
  insufficient: "?",
  absent: "?",
  stale: "?",
  partial: "?",
};
export const titleOf = new Map(data.pillars.map((pillar) => [pillar.key, pillar.title]));

export const count = (value) => value.toLocaleString("en-US", { maximumFractionDigits: 3 });
export const plural = (value, noun, many = `${noun}s`) => `${count(value)} ${value === 1 ? noun : many}`;
export const section = (id) => document.getElementById(id);

export const announce = (text) => {
  section("announce").textContent = text;
};

export const stateChip = (state) =>
  h(
    "span",
    { class: `chip state-${state}` },
    h("span", { "aria-hidden": "true" }, MARKS[state]),
    ` ${data.states[state]}`,
  );

export const stageChip = (stage) => h("span", { class: `chip stage-${stage}` }, data.stages[stage]);

export const heading = (id, title, ...lead) => [
  h("h2", { id: `${id}-title` }, title),
  lead.length > 0 ? h("p", { class: "lead" }, ...lead) : null,
];

let unique = 0;
export const nextId = (prefix) => `${prefix}-${++unique}`;

/** A labelled drop-down; `options` are [value, text]. */
export function select(label, options, onchange) {
  const id = nextId("select");
  const items = options.map(([value, text]) => h("option", { value }, text));
  return h("span", { class: "field" }, h("label", { for: id }, label), h("select", { id, onchange }, items));
}

export function search(label, oninput) {
  const id = nextId("search");
  const field = h("input", {
    id,
    type: "search",
    autocomplete: "off",
    spellcheck: "false",
    placeholder: "Type to filter",
    oninput,
  });
  return h("span", { class: "field grow" }, h("label", { for: id }, label), field);
}

/** Copies text; where the clipboard is closed to a page from disk, selects it so that the keyboard can copy it. */
export async function copy(text, source, button) {
  let done = "Copied";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    getSelection().selectAllChildren(source);
    done = "Selected: press Ctrl+C";
  }
  const before = button.textContent;
  button.textContent = done;
  announce(done);
  setTimeout(() => {
    button.textContent = before;
  }, 1600);
}
