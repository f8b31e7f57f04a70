import { drawAnomalies } from "./anomalies.js";
import { drawCriteria, openTarget } from "./criteria.js";
import { data, h, section } from "./dom.js";
import { drawFlows } from "./flows.js";
import { drawHealth } from "./health.js";
import { drawHistory } from "./history.js";
import { drawMap } from "./map.js";
import { drawOffenders } from "./offenders.js";
import { drawOverview } from "./overview.js";
import { drawScopes } from "./scopes.js";

const THEMES = [
  ["auto", "Auto"],
  ["light", "Light"],
  ["dark", "Dark"],
];

function themeButton() {
  const button = section("theme");
  let current = 0;
  button.addEventListener("click", () => {
    current = (current + 1) % THEMES.length;
    const [key, text] = THEMES[current];
    document.documentElement.dataset.theme = key;
    button.textContent = text;
    button.setAttribute("aria-label", `Colour theme: ${text}`);
  });
}

/** Marks the link of the section in sight. */
function followScroll() {
  for (const link of document.querySelectorAll("nav a")) if (!section(link.hash.slice(1))) link.remove();
  const links = new Map([...document.querySelectorAll("nav a")].map((link) => [link.hash.slice(1), link]));
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue;
        for (const link of links.values()) link.removeAttribute("aria-current");
        links.get(target.id)?.setAttribute("aria-current", "true");
      }
    },
    { rootMargin: "-30% 0px -60% 0px" },
  );
  for (const element of document.querySelectorAll("main > section")) observer.observe(element);
}

/** The rest waits until the overview is on the screen. */
function drawRest() {
  drawCriteria();
  drawScopes();
  drawHistory();
  drawOffenders();
  drawAnomalies();
  drawMap();
  drawFlows();
  drawHealth();
  section("footer").append(h("p", {}, `${data.tool}. This page is one file; it sends and loads nothing.`));
  followScroll();
  openTarget();
  document.documentElement.dataset.ready = "";
}

drawOverview();
themeButton();
performance.mark("overview");
requestAnimationFrame(() => setTimeout(drawRest));
