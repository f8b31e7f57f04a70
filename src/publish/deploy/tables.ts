import type { ScalarType } from "../../core/kusto.ts";
import { RESULT_TABLES } from "../../tables/results.ts";
import { streamOf } from "../ingestion.ts";
import { idOf, type Json, parameter, type Resource } from "./model.ts";

export const WORKSPACE = "workspace";

/** The workspace is there already. */
export const workspace: Resource = {
  key: WORKSPACE,
  type: "Microsoft.OperationalInsights/workspaces",
  apiVersion: "2023-09-01",
  name: parameter("workspaceName"),
  existing: true,
};

/** Kusto's names of types → those of a table, and of a stream where it has others. */
const TABLE_TYPES: Partial<Record<ScalarType, string>> = { bool: "boolean", datetime: "dateTime" };
const STREAM_TYPES: Partial<Record<ScalarType, string>> = { bool: "boolean" };

const tableKey = (name: string): string => `table${name.replace("_CL", "")}`;

export const tables: readonly Resource[] = RESULT_TABLES.map(({ name, description, columns }) => ({
  key: tableKey(name),
  type: "Microsoft.OperationalInsights/workspaces/tables",
  apiVersion: "2022-10-01",
  parent: WORKSPACE,
  name,
  properties: {
    plan: "Analytics",
    retentionInDays: parameter("retentionInDays"),
    totalRetentionInDays: parameter("retentionInDays"),
    schema: {
      name,
      description,
      columns: columns.map((column) => ({
        name: column.name,
        type: TABLE_TYPES[column.type] ?? column.type,
        description: column.description,
      })),
    },
  },
}));

export const RULE = "collectionRule";
export const ENDPOINT = "collectionEndpoint";

const streams: Json = Object.fromEntries(
  RESULT_TABLES.map(({ name, columns }) => [
    streamOf(name),
    { columns: columns.map((column) => ({ name: column.name, type: STREAM_TYPES[column.type] ?? column.type })) },
  ]),
);

/** For a workspace behind Private Link, whose rule has no public endpoint of its own. */
const endpoint: Resource = {
  key: ENDPOINT,
  type: "Microsoft.Insights/dataCollectionEndpoints",
  apiVersion: "2023-03-11",
  name: "ztlens",
  location: parameter("location"),
  properties: { networkAcls: { publicNetworkAccess: "Disabled" } },
};

/** The data collection rule: of kind Direct, with an endpoint of its own, unless it has to lie behind Private Link. */
export const collection = (privateLink: boolean): readonly Resource[] => [
  ...(privateLink ? [endpoint] : []),
  {
    key: RULE,
    type: "Microsoft.Insights/dataCollectionRules",
    apiVersion: "2023-03-11",
    name: "ztlens",
    location: parameter("location"),
    ...(!privateLink && { kind: "Direct" }),
    properties: {
      description: "Takes the results of ztlens",
      ...(privateLink && { dataCollectionEndpointId: idOf(ENDPOINT) }),
      streamDeclarations: streams,
      destinations: { logAnalytics: [{ name: "workspace", workspaceResourceId: idOf(WORKSPACE) }] },
      dataFlows: RESULT_TABLES.map(({ name }) => ({
        streams: [streamOf(name)],
        destinations: ["workspace"],
        transformKql: "source",
        outputStream: streamOf(name),
      })),
    },
    after: tables.map(({ key }) => key),
  },
];
