import { momentOf } from "../moment.ts";
import { auditRow } from "../tables/directory.ts";
import type { Attack } from "../types.ts";

/** A mail asks many people to connect a helpful application; six do. */
const attack: Attack = {
  name: "oauth-consent",
  pillar: "identities",
  detector: "oauth-consent",
  onRequest: true,
  inject: (world, dice, span) => {
    const start = momentOf(dice, span, 10);
    const app = "Mailbox Booster";
    const granted = { displayName: "ConsentContext.IsAdminConsent", oldValue: null, newValue: '"False"' };
    const rows = Array.from({ length: 6 }, (_, index) =>
      auditRow(world, dice, start + index * 380_000, dice.pick(world.users), {
        OperationName: "Consent to application",
        Category: "ApplicationManagement",
        TargetResources: [{ type: "ServicePrincipal", displayName: app, modifiedProperties: [granted] }],
      }),
    );
    return { subject: app, start, end: start + 5 * 380_000, rows: new Map([["AuditLogs", rows]]) };
  },
};
export default attack;
