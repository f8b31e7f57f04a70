import type { Alert, AlertEntity, Detection } from "../../core/alert.ts";
import { packageVersion } from "../../core/package.ts";
import { jsonLine } from "../../core/text/json.ts";
import { uuidOf } from "../../evidence/digest.ts";
import { redact } from "../../evidence/redact.ts";
import { entityText } from "./wording.ts";

/** OCSF 1.5 Detection Finding. Source: https://schema.ocsf.io/1.5.0/classes/detection_finding */
const CLASS = 2004;
const ACTIVITY_CREATE = 1;
const STATUS_NEW = 1;
const ANALYTIC_RULE = 1;
const SEVERITY = { Informational: 1, Low: 2, Medium: 3, High: 4 } as const;

/** Observable types by entity and identifier. */
const OBSERVABLES: Readonly<Record<string, { readonly id: number; readonly type: string }>> = {
  Host: { id: 1, type: "Hostname" },
  IP: { id: 2, type: "IP Address" },
  Account: { id: 4, type: "User Name" },
  Mailbox: { id: 5, type: "Email Address" },
  URL: { id: 6, type: "URL String" },
  File: { id: 7, type: "File Name" },
  FileHash: { id: 8, type: "Hash" },
  Process: { id: 9, type: "Process Name" },
  AzureResource: { id: 10, type: "Resource UID" },
};
const OTHER = { id: 99, type: "Other" } as const;

function observable(entity: AlertEntity): object {
  const { id, type } = OBSERVABLES[entity.type] ?? OTHER;
  const value = entityText(entity).slice(entity.type.length + 1);
  return { name: `entities.${entity.type}.${Object.keys(entity.identifiers).join("+")}`, type_id: id, type, value };
}

const finding = (alert: Alert) => ({
  activity_id: ACTIVITY_CREATE,
  category_uid: 2,
  class_uid: CLASS,
  type_uid: CLASS * 100 + ACTIVITY_CREATE,
  severity_id: SEVERITY[alert.severity],
  status_id: STATUS_NEW,
  is_alert: true,
  time: Date.parse(alert.windowEnd),
  start_time: Date.parse(alert.windowStart),
  end_time: Date.parse(alert.windowEnd),
  count: alert.rowCount,
  message: alert.title,
  metadata: {
    version: "1.5.0",
    product: { name: "ztlens", vendor_name: "ztlens", version: packageVersion() },
    correlation_uid: alert.incident,
  },
  finding_info: {
    uid: uuidOf(alert.id),
    title: alert.title,
    desc: alert.description,
    analytic: { type_id: ANALYTIC_RULE, uid: alert.ruleId, name: alert.ruleName },
    attacks: attacksOf(alert),
  },
  observables: alert.entities.map(observable),
  evidences: [{ data: { rows: alert.rows, custom_details: alert.customDetails } }],
  unmapped: { repeats: alert.repeats, partial_lookback: alert.partialLookback, rows_omitted: alert.rowsOmitted },
});

function attacksOf({ techniques, tactics }: Alert): object[] {
  const named = techniques.map((uid) => ({
    technique: { uid: uid.split(".")[0] },
    ...(uid.includes(".") && { sub_technique: { uid } }),
  }));
  return named.length > 0 ? named : tactics.map((name) => ({ tactic: { name } }));
}

/** A Detection Finding per alert and line. */
export function* render({ alerts }: Detection): Generator<string> {
  for (const alert of alerts) yield `${jsonLine(redact(finding(alert)))}\n`;
}
