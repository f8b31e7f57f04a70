import { count, h } from "./dom.js";

/** Browsers stop laying out elements beyond about 16 million pixels. */
const TALLEST = 15_000_000;
const OVERSCAN = 8;
const GAP = 18;

/**
 * A table of any length in a scrolling box: only the rows in sight exist. `columns` are {title, class, min, grow}: least width
 * in pixels and share of what is left, `cells(row)`
 * gives one text or node per column.
 */
export function virtualTable({ label, columns, cells, rowHeight = 38, visible = 12 }) {
  let rows = [];
  const drawn = new Map();
  const widths = columns.map(({ min = 120, grow = 1 }) => (grow > 0 ? `minmax(${min}px, ${grow}fr)` : `${min}px`));
  const least = columns.reduce((sum, { min = 120 }) => sum + min + GAP, GAP);
  const body = h("div", { class: "rows", role: "rowgroup" });
  const head = h(
    "div",
    { class: "row head", role: "row", "aria-rowindex": 1 },
    columns.map((column) => h("div", { role: "columnheader", class: column.class }, column.title)),
  );
  const table = h(
    "div",
    { role: "table", "aria-label": label, class: "grid" },
    h("div", { role: "rowgroup", class: "sticky" }, head),
    body,
  );
  const box = h("div", { class: "viewport", tabindex: 0, role: "region", "aria-label": `${label}, scrollable` }, table);
  const note = h("p", { class: "note sub" });
  const onPaper = h("p", { class: "note sub print-only" });
  table.style.setProperty("--columns", widths.join(" "));
  table.style.setProperty("--least", `${least}px`);
  table.style.setProperty("--row", `${rowHeight}px`);

  /** Rows that stay in sight stay the same elements, so that the focus inside them survives scrolling. */
  function draw() {
    const shown = Math.min(rows.length, Math.floor(TALLEST / rowHeight));
    const first = Math.max(0, Math.floor(box.scrollTop / rowHeight) - OVERSCAN);
    const last = Math.min(shown, first + visible + 2 * OVERSCAN);
    body.style.setProperty("--height", `${shown * rowHeight}px`);
    for (const [index, element] of drawn) {
      if (index >= first && index < last) continue;
      element.remove();
      drawn.delete(index);
    }
    let after = null;
    for (let index = last - 1; index >= first; index--) {
      if (!drawn.has(index)) {
        drawn.set(index, line(rows[index], index));
        body.insertBefore(drawn.get(index), after);
      }
      after = drawn.get(index);
    }
  }

  function line(row, index) {
    const element = h(
      "div",
      { class: "row", role: "row", "aria-rowindex": index + 2 },
      cells(row).map((cell, i) =>
        h("div", { role: "cell", class: columns[i].class, title: typeof cell === "string" ? cell : null }, cell ?? "–"),
      ),
    );
    element.style.top = `${index * rowHeight}px`;
    return element;
  }

  function show(next) {
    rows = next;
    drawn.clear();
    body.replaceChildren();
    table.setAttribute("aria-rowcount", rows.length + 1);
    const shown = Math.min(rows.length, Math.floor(TALLEST / rowHeight));
    note.textContent =
      shown < rows.length ? `${count(shown)} of ${count(rows.length)} rows; the JSON output has all of them.` : "";
    box.style.setProperty("--most", `${(Math.min(visible, Math.max(1, rows.length)) + 1) * rowHeight + 18}px`);
    box.scrollTop = 0;
    onPaper.textContent =
      rows.length > visible + 2 * OVERSCAN
        ? `The first of ${count(rows.length)} rows; the JSON output has all of them.`
        : "";
    draw();
  }

  let waiting = false;
  box.addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw();
    });
  });
  addEventListener("beforeprint", () => {
    box.scrollTop = 0;
    draw();
  });
  return { element: h("div", { class: "virtual" }, box, note, onPaper), show };
}
