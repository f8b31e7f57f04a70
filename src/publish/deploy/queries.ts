import type { Pack, Packs } from "../../packs/types.ts";
import { guidOf, idOf, parameter, type Resource } from "./model.ts";

const QUERY_PACK = "queryPack";

const symbol = (id: string): string => `query${id.replaceAll(/[^A-Za-z0-9]/g, "")}`;

const describedBy = (pack: Pack): string =>
  pack.kind === "criterion" ? `${pack.description.trim()}\n\nNext step: ${pack.next}` : pack.description.trim();

const queryOf = (pack: Pack): Resource => ({
  key: symbol(pack.id),
  type: "Microsoft.OperationalInsights/queryPacks/queries",
  apiVersion: "2019-09-01",
  parent: QUERY_PACK,
  name: guidOf(idOf(QUERY_PACK), pack.id),
  properties: {
    displayName: `${pack.id} ${pack.name}`,
    description: describedBy(pack),
    body: pack.query,
    related: {
      categories: ["security"],
      resourceTypes: ["microsoft.operationalinsights/workspaces"],
      solutions: ["LogManagement"],
    },
    tags: { pillar: [pack.pillar], criterion: [pack.id] },
  },
});

/** All queries as a query pack, for the query picker of Log Analytics. */
export const queryPack = ({ criteria, signals }: Packs): readonly Resource[] => [
  {
    key: QUERY_PACK,
    type: "Microsoft.OperationalInsights/queryPacks",
    apiVersion: "2019-09-01",
    name: "ztlens",
    location: parameter("location"),
    properties: {},
  },
  ...[...criteria, ...signals].map(queryOf),
];
