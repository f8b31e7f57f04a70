// Runs inside the page under test: its functions are evaluated there as text.

function canvasColor(text) {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  canvas.fillStyle = text;
  canvas.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
}

const parsed = new Map();
function parse(text) {
  if (!parsed.has(text)) parsed.set(text, canvasColor(text));
  return parsed.get(text);
}

const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);

function luminance(color) {
  const [r, g, b] = color.map((value) => (value <= 10.31475 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function background(element) {
  const layers = [];
  for (let at = element; at; at = at.parentElement) layers.push(parse(getComputedStyle(at).backgroundColor));
  return layers.reduceRight((below, layer) => over(layer, below), [255, 255, 255, 1]);
}

function contrast(element) {
  const style = getComputedStyle(element);
  const behind = background(element);
  const ink = over(parse(element.namespaceURI.endsWith("svg") ? style.fill : style.color), behind);
  const [dark, light] = [luminance(ink), luminance(behind)].sort((a, b) => a - b);
  const size = Number.parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
  return { ratio: (light + 0.05) / (dark + 0.05), least: large ? 3 : 4.5 };
}

/** Texts whose contrast with what lies behind them is below WCAG 2.2 AA (1.4.3), and how many were looked at. */
export function poorContrast() {
  const poor = new Set();
  let checked = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.textContent.trim();
    if (text === "" || element.closest("script,style,noscript,.hidden,title") || !element.checkVisibility()) continue;
    checked++;
    const { ratio, least } = contrast(element);
    if (ratio < least) poor.add(`${ratio.toFixed(2)} ${element.getAttribute("class")} ${text.slice(0, 40)}`);
  }
  return { checked, poor: [...poor] };
}

function nameOf(element) {
  const label = element.id ? document.querySelector(`label[for="${element.id}"]`)?.textContent : "";
  return (element.getAttribute("aria-label") || label || element.textContent).trim();
}

/** Controls and images without a name, doubled ids, skipped heading levels, references to nothing. */
export function unnamed() {
  const problems = [];
  const start = (element) => element.outerHTML.slice(0, 80);
  const named = 'a,button,select,input,summary,svg[role="img"],[role="region"],[role="table"],[tabindex="0"]';
  for (const element of document.querySelectorAll(named))
    if (nameOf(element) === "") problems.push(`no name: ${start(element)}`);
  for (const svg of document.querySelectorAll("svg:not([role]):not([aria-hidden])"))
    problems.push(`svg without role: ${start(svg)}`);
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids)) if (ids.indexOf(id) !== ids.lastIndexOf(id)) problems.push(`id twice: ${id}`);
  for (const attribute of ["for", "aria-controls", "aria-labelledby"]) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      if (!document.getElementById(element.getAttribute(attribute)))
        problems.push(`${attribute} to nothing: ${start(element)}`);
    }
  }
  let level = 0;
  for (const heading of document.querySelectorAll("h1,h2,h3,h4")) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) problems.push(`heading level ${level} to ${next}: ${heading.textContent}`);
    level = next;
  }
  if (document.documentElement.lang === "") problems.push("no language");
  return problems;
}

export function openAll() {
  for (const details of document.querySelectorAll("details")) details.open = true;
  for (const button of document.querySelectorAll(".opener")) button.click();
}

/** Whether the focused element shows a ring, on itself or on the area that it covers. */
export function focusRing() {
  const element = document.activeElement;
  const ring = [undefined, "::after"].some((part) => getComputedStyle(element, part).outlineStyle !== "none");
  return { ring, name: `${element.tagName} ${nameOf(element)}` };
}

export function interval(selector) {
  const chart = document.querySelector(selector);
  const bands = [...chart.querySelectorAll(".band")].map((band) => ({
    name: band.getAttribute("class"),
    x: Number(band.getAttribute("x")),
  }));
  return { point: Number(chart.querySelector(".point").getAttribute("cx")), bands };
}
