import { data, h, heading, plural, section, stageChip } from "./dom.js";

const KINDS = { subscription: "Subscription", application: "Application", assets: "Assets" };

function pillarCell(scope, key) {
  const own = scope.pillars.find((pillar) => pillar.key === key);
  if (!own) return h("td", {}, "–");
  const why = own.blockedBy.length > 0 ? h("div", { class: "sub" }, own.blockedBy.join(", ")) : null;
  return h("td", {}, stageChip(own.stage), why);
}

const row = (scope) =>
  h(
    "tr",
    {},
    h("th", { scope: "row" }, scope.name, h("div", { class: "sub" }, KINDS[scope.kind])),
    h("td", {}, stageChip(scope.stage)),
    ...data.pillars.map(({ key }) => pillarCell(scope, key)),
    h(
      "td",
      { class: "sub" },
      `${plural(scope.tenantWide.length, "criterion", "criteria")} tenant-wide; nothing found for ${scope.nothing.length}`,
    ),
  );

/** Subscriptions, applications and lists of assets, each by the criteria over its own rows. */
export function drawScopes() {
  if (data.scopes.length === 0) return section("scopes").remove();
  const titles = ["Scope", "Stage", ...data.pillars.map(({ title }) => title), "Not judged here"];
  section("scopes").append(
    ...heading(
      "scopes",
      "Scopes",
      "The same criteria over the rows of one scope; below each stage, what holds it there.",
    ).filter(Boolean),
    h(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "Scopes" },
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            titles.map((title) => h("th", { scope: "col" }, title)),
          ),
        ),
        h("tbody", {}, data.scopes.map(row)),
      ),
    ),
  );
}
