import { createHash } from "node:crypto";
import type { Alert, AlertEntity, AlertSeverity, Incident } from "../core/alert.ts";
import { jsonLine } from "../core/text/json.ts";
import { parseIsoDatetime, TICKS_PER_DAY } from "../core/ticks.ts";
import { type AnalyticRule, SEVERITIES } from "../packs/rules/types.ts";
import { entityKey } from "./entities.ts";
import type { RaisedAlert } from "./raise.ts";

/** Alerts over one entity that lie further apart than this are not one incident. */
const REACH = TICKS_PER_DAY;

class Sets {
  readonly #parents: number[];

  constructor(size: number) {
    this.#parents = Array.from({ length: size }, (_, i) => i);
  }

  root(item: number): number {
    let at = item;
    while (this.#parents[at] !== at) {
      const up = this.#parents[at] ?? at;
      this.#parents[at] = this.#parents[up] ?? up;
      at = up;
    }
    return at;
  }

  join(a: number, b: number): void {
    const [low, high] = [this.root(a), this.root(b)].sort((x, y) => x - y) as [number, number];
    this.#parents[high] = low;
  }
}

interface Link {
  readonly key: string;
  readonly reach: bigint;
}

/**
 * What ties an alert to others. A rule that groups its alerts says by what (Sentinel groups within one rule); any other
 * alert is tied by its entities, also to alerts of other rules.
 */
function linksOf(alert: RaisedAlert, rule: AnalyticRule | undefined): Link[] {
  const group = rule?.incidents;
  if (!group?.enabled) return alert.entities.map((entity) => ({ key: entityKey(entity), reach: REACH }));
  const reach = group.lookback;
  const own = (parts: readonly string[]): Link[] => [{ key: [alert.ruleId, ...parts].join("\0\0"), reach }];
  if (group.matching === "AnyAlert") return own([]);
  const chosen = alert.entities.filter(
    ({ type }) => group.matching === "AllEntities" || group.entities.some((name) => name === type),
  );
  const details =
    group.matching === "Selected"
      ? [
          ...group.details.map((name) => (name === "DisplayName" ? alert.title : alert.severity)),
          ...group.customDetails.map((name) => jsonLine(alert.customDetails[name] ?? [])),
        ]
      : [];
  const parts = [...chosen.map(entityKey).sort(), ...details];
  return parts.length === 0 ? [] : own(parts);
}

const rank = (severity: AlertSeverity): number => SEVERITIES.indexOf(severity);

function incidentOf(alerts: readonly RaisedAlert[]): Incident {
  const [first, ...rest] = alerts.toSorted((a, b) => (a.windowStart < b.windowStart ? -1 : 1));
  const worst = alerts.reduce((a, b) => (rank(b.severity) > rank(a.severity) ? b : a));
  const rules = [...new Set(alerts.map(({ ruleName }) => ruleName))];
  const entities = new Map<string, AlertEntity>();
  for (const alert of alerts) for (const entity of alert.entities) entities.set(entityKey(entity), entity);
  const id = createHash("sha256")
    .update(alerts.map((alert) => alert.id).join("\n"))
    .digest("hex")
    .slice(0, 16);
  return {
    id,
    title:
      rest.length === 0 || rules.length === 1 ? worst.title : `${worst.title} and ${alerts.length - 1} more alerts`,
    severity: worst.severity,
    first: first?.windowStart ?? "",
    last:
      alerts
        .map(({ windowEnd }) => windowEnd)
        .sort()
        .at(-1) ?? "",
    alerts: alerts.length,
    rules,
    tactics: [...new Set(alerts.flatMap(({ tactics }) => tactics))],
    entities: [...entities.values()],
  };
}

/** Groups alerts, in the order of time, to incidents, in the order of their first alert. */
export function toIncidents(
  raised: readonly RaisedAlert[],
  rules: ReadonlyMap<string, AnalyticRule>,
): { readonly alerts: readonly Alert[]; readonly incidents: readonly Incident[] } {
  const sets = new Sets(raised.length);
  const latest = new Map<string, { readonly index: number; readonly time: bigint }>();
  for (const [index, alert] of raised.entries()) {
    const time = parseIsoDatetime(alert.windowEnd) ?? 0n;
    for (const { key, reach } of linksOf(alert, rules.get(alert.ruleId))) {
      const before = latest.get(key);
      if (before && time - before.time <= reach) sets.join(before.index, index);
      latest.set(key, { index, time });
    }
  }
  const groups = Map.groupBy(raised.keys(), (index) => sets.root(index));
  const incidents = new Map(
    [...groups].map(([root, members]) => [root, incidentOf(members.flatMap((index) => raised[index] ?? []))]),
  );
  const alerts = raised.map((alert, index) => ({ ...alert, incident: incidents.get(sets.root(index))?.id ?? "" }));
  return { alerts, incidents: [...incidents.values()] };
}
