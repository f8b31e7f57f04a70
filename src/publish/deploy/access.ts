import { type Expression, guidOf, idOf, type Resource, roleOf } from "./model.ts";
import { RULE, WORKSPACE } from "./tables.ts";

/** Built-in roles. Source: Azure built-in roles, "Monitor". */
const METRICS_PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb";
const LOG_ANALYTICS_READER = "73c42c96-874c-492b-b04d-ab87d138a893";

const assignment = (key: string, scope: string, role: string, principal: Expression): Resource => ({
  key,
  type: "Microsoft.Authorization/roleAssignments",
  apiVersion: "2022-04-01",
  scope,
  name: guidOf(idOf(scope), principal, role),
  properties: { principalId: principal, principalType: "ServicePrincipal", roleDefinitionId: roleOf(role) },
});

/** All that the job may do: read the workspace, and send to this one rule. */
export const access = (principal: Expression): readonly Resource[] => [
  assignment("readWorkspace", WORKSPACE, LOG_ANALYTICS_READER, principal),
  assignment("sendResults", RULE, METRICS_PUBLISHER, principal),
];
