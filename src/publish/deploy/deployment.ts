import type { Cloud } from "../../backends/auth/clouds.ts";
import { jsonText } from "../../core/text/json.ts";
import type { AnalyticRule } from "../../packs/rules/types.ts";
import type { Packs } from "../../packs/types.ts";
import { SAVED_FUNCTIONS } from "../functions.ts";
import { ruleResource } from "../rules/arm.ts";
import { WORKBOOK_TITLE, workbook } from "../workbook/workbook.ts";
import { access } from "./access.ts";
import { JOB_IDENTITY, job, jobParameters } from "./job.ts";
import {
  type Deployment,
  type Expression,
  guidOf,
  idOf,
  type Parameter,
  parameter,
  propertyOf,
  type Resource,
  resourceGroupLocation,
} from "./model.ts";
import { queryPack } from "./queries.ts";
import { collection, ENDPOINT, RULE, tables, WORKSPACE, workspace } from "./tables.ts";

export interface DeploymentOptions {
  readonly packs: Packs;
  readonly rules: readonly AnalyticRule[];
  readonly cloud?: Cloud;
  /** The rule gets an endpoint that only Private Link reaches. */
  readonly privateLink?: boolean;
  /** Also the Container Apps job that runs every night, with an identity of its own. */
  readonly withJob?: boolean;
}

const PARAMETERS: readonly Parameter[] = [
  { name: "workspaceName", type: "string", description: "Name of the Log Analytics workspace, in this resource group" },
  { name: "location", type: "string", description: "Region of the workspace", value: resourceGroupLocation },
  { name: "retentionInDays", type: "int", description: "How long the results are kept: 4 to 730 days", value: 365 },
];

const PRINCIPAL: Parameter = {
  name: "principalId",
  type: "string",
  description: "Object id of the identity that runs ztlens: a service principal or a managed identity",
};

const functions: readonly Resource[] = SAVED_FUNCTIONS.map(({ alias, description, query }, i) => ({
  key: `function${alias}`,
  type: "Microsoft.OperationalInsights/workspaces/savedSearches",
  apiVersion: "2020-08-01",
  parent: WORKSPACE,
  name: alias,
  etag: "*",
  properties: {
    category: "Zero Trust",
    displayName: description,
    functionAlias: alias,
    query,
    version: 2,
  },
  after: [...tables.map(({ key }) => key), ...SAVED_FUNCTIONS.slice(0, i).map((earlier) => `function${earlier.alias}`)],
}));

const workbookResource = (cloud: Cloud | undefined): Resource => ({
  key: "workbook",
  type: "Microsoft.Insights/workbooks",
  apiVersion: "2023-06-01",
  name: guidOf(idOf(WORKSPACE), "ztlens workbook"),
  location: parameter("location"),
  kind: "shared",
  properties: {
    displayName: WORKBOOK_TITLE,
    category: "sentinel",
    sourceId: idOf(WORKSPACE),
    version: "Notebook/1.0",
    serializedData: jsonText(workbook(cloud === undefined ? {} : { cloud })),
  },
});

/** Everything that an unattended assessment needs in Azure, from one place. */
export function deploymentOf(options: DeploymentOptions): Deployment {
  const { packs, rules, cloud, privateLink = false, withJob = false } = options;
  const principal: Expression = withJob ? propertyOf(JOB_IDENTITY, "principalId") : parameter(PRINCIPAL.name);
  const endpointUrl = privateLink
    ? propertyOf(ENDPOINT, "logsIngestion.endpoint")
    : propertyOf(RULE, "endpoints.logsIngestion");
  const ruleId = propertyOf(RULE, "immutableId");
  const functionKeys = functions.map(({ key }) => key);
  return {
    description: "ztlens: result tables, collection rule, roles, workbook, functions, query pack and analytic rules",
    parameters: [...PARAMETERS, ...(withJob ? jobParameters : [PRINCIPAL])],
    resources: [
      workspace,
      ...tables,
      ...collection(privateLink),
      ...(withJob ? job({ endpointUrl, ruleId }) : []),
      ...access(principal),
      ...functions,
      workbookResource(cloud),
      ...queryPack(packs),
      ...rules.map((rule, i) => ruleResource(rule, i, functionKeys)),
    ],
    outputs: { ingestionEndpoint: endpointUrl, ruleId },
  };
}
